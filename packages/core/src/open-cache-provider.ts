// From a location string, as it stands in settings and on command lines, to the cache provider it names.
import { fileURLToPath } from 'node:url'
import { resolveCacheBounds } from './cache-bounds.js'
import type { CacheBounds, CacheProvider } from './cache-provider.js'
import { FacsimileError } from './errors.js'
import { maskLocation } from './mask-location.js'
import { createFileProvider } from './providers/file-provider.js'
import { createMemoryProvider } from './providers/memory-provider.js'
import { createMysqlProvider } from './providers/mysql-provider.js'
import { createRedisProvider } from './providers/redis-provider.js'

interface Scheme {
  /** How a location of this scheme is written. */
  readonly form: string
  /** The provider, or `undefined` when `rest`, what follows the scheme's colon, makes no sense. May say so itself. */
  open(rest: string, bounds: Required<CacheBounds>, location: string): CacheProvider | undefined
}

const REDIS: Scheme = {
  form: 'redis://host[:port][/db]',
  open: (_rest, _bounds, location) => createRedisProvider({ location }),
}
const MYSQL: Scheme = {
  form: 'mysql://user[:password]@host[:port]/database',
  open: (_rest, _bounds, location) => createMysqlProvider({ location }),
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['memory', { form: 'memory:', open: (rest, bounds) => (rest === '' ? createMemoryProvider(bounds) : undefined) }],
  ['file', { form: 'file:<directory>', open: openFileProvider }],
  ...['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel'].map((name) => [name, REDIS] as const),
  ...['mysql', 'mariadb'].map((name) => [name, MYSQL] as const),
])

/**
 * The cache provider at `location`: `memory:`, or `file:<directory>` with a relative or absolute path or as the URL
 * `file:///var/lib/pages`; `redis:`, `rediss:`, `redis+sentinel:`, `mysql:` and `mariadb:` as their providers read them.
 * `bounds` limit the providers that keep pages on this machine. Synchronous; nothing is made or connected before the
 * first use. Throws `LOCATION_INVALID` (passwords are masked) or, for bounds, `SETTINGS_INVALID`.
 */
export function openCacheProvider(location: string, bounds?: CacheBounds): CacheProvider {
  const resolved = resolveCacheBounds(bounds)
  if (typeof (location as unknown) !== 'string') throw locationInvalid(location, 'is not a string')
  const [, name, rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(location) ?? []
  const scheme = name === undefined ? undefined : SCHEMES.get(name.toLowerCase())
  if (!scheme) throw locationInvalid(location, name === undefined ? 'has no scheme' : 'has an unknown scheme')
  const provider = scheme.open(rest, resolved, location)
  if (!provider) throw locationInvalid(location, `is not of the form ${scheme.form}`)
  return provider
}

function openFileProvider(rest: string, bounds: Required<CacheBounds>): CacheProvider | undefined {
  const directory = rest.startsWith('//') ? pathOfFileUrl(`file:${rest}`) : rest
  if (directory === undefined || directory === '' || directory.includes('\0')) return undefined
  return createFileProvider({ directory, ...bounds })
}

/** The path in a `file:` URL; `undefined` for one that names another host, no path, or is malformed. */
function pathOfFileUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { pathname, search, hash } = new URL(url)
  if (pathname === '/' || search !== '' || hash !== '') return undefined
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

function locationInvalid(location: unknown, problem: string): FacsimileError {
  const shown = typeof location === 'string' ? JSON.stringify(maskLocation(location)) : String(location)
  const forms = [...new Set([...SCHEMES.values()].map(({ form }) => form))].join(' or ')
  return new FacsimileError('LOCATION_INVALID', `the cache provider location ${shown} ${problem}; write ${forms}`)
}
