// The demo's settings from environment variables, each checked before anything starts.
import { compileAddressRanges, FacsimileError, openCacheProvider } from '@facsimile/core'
import { DemoError } from './demo-error.js'
import type { DemoSettings } from './demo.js'

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_PORT = 3000
const MAX_PORT = 65_535

/**
 * Reads `PORT` (default 3000), `TRACKER_PORT` (default: the port after the shop's) and `HOST` (default 127.0.0.1: the
 * demo is for this machine only), and what one server of several needs to know:
 *
 * - `CACHE_PROVIDER`: where pages wait, as `openCacheProvider` takes it
 * - `PUBLIC_ORIGIN`: the balancer as browsers know it; fetch URLs point there
 * - `CRAWL_ORIGIN`: the balancer as Replay desk's crawler reaches it, when that is another address
 * - `TRACKER_ORIGIN`: the Replay desk that another server runs; none is started here
 * - `TRUSTED_PROXIES`, `CRAWLER_ADDRESSES`: lists with commas of addresses and ranges
 * - `SESSION_SECRET`: what sessions are signed with
 * - `SERVER_NAME`: what this server calls itself in the foot of its pages
 *
 * An empty variable counts as absent. Throws a DemoError with code `PORT_INVALID` or `VARIABLE_INVALID`.
 */
export function readSettings(env: Environment): DemoSettings {
  const port = readPort('PORT', env['PORT']) ?? DEFAULT_PORT
  return {
    port,
    trackerPort: readPort('TRACKER_PORT', env['TRACKER_PORT']) ?? portAfter(port),
    host: env['HOST'] || '127.0.0.1',
    cacheProvider: readLocation('CACHE_PROVIDER', env),
    publicOrigin: readOrigin('PUBLIC_ORIGIN', env),
    crawlOrigin: readOrigin('CRAWL_ORIGIN', env),
    trackerOrigin: readOrigin('TRACKER_ORIGIN', env),
    trustedProxies: readAddresses('TRUSTED_PROXIES', env),
    crawlerAddresses: readAddresses('CRAWLER_ADDRESSES', env),
    sessionSecret: readSecret('SESSION_SECRET', env),
    serverName: readName('SERVER_NAME', env),
  }
}

function readPort(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  const port = Number(value)
  if (/^\d{1,5}$/.test(value) && port <= MAX_PORT) return port
  throw new DemoError(
    'PORT_INVALID',
    `${name} is ${JSON.stringify(value)}, which is no port. Use a whole number from 0 to ${MAX_PORT}, for example: ${name}=3010 npm start`,
  )
}

function portAfter(port: number): number {
  if (port === 0) return 0
  if (port < MAX_PORT) return port + 1
  throw new DemoError(
    'PORT_INVALID',
    `PORT is ${port}, the last one there is, and Replay desk wants the port after it. Choose one for it: TRACKER_PORT=3001 PORT=${port} npm start`,
  )
}

/** Opening a provider connects to nothing, and its errors mask what is secret. */
function readLocation(name: string, env: Environment): string | undefined {
  const value = env[name] || undefined
  if (value !== undefined) explain(name, 'redis://127.0.0.1:6379', () => openCacheProvider(value))
  return value
}

function readAddresses(name: string, env: Environment): readonly string[] | undefined {
  const value = env[name] || undefined
  const addresses = value?.split(',').map((address) => address.trim())
  if (addresses) explain(name, '10.0.0.2,192.0.2.0/24', () => compileAddressRanges(addresses, name))
  return addresses
}

function readOrigin(name: string, env: Environment): string | undefined {
  const value = env[name] || undefined
  if (value === undefined) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol === 'http:' && `${url.origin}/` === url.href) return url.origin
  throw invalid(
    name,
    `is ${JSON.stringify(value)}, which is no origin: http://, a host and a port`,
    'http://localhost:8080',
  )
}

function readSecret(name: string, env: Environment): string | undefined {
  const value = env[name] || undefined
  if (value === undefined || value.length >= 16) return value
  throw invalid(name, `has ${value.length} characters, and can be guessed. Use 16 or more`, '$(openssl rand -hex 32)')
}

function readName(name: string, env: Environment): string | undefined {
  const value = env[name] || undefined
  if (value === undefined || /^[\w.-]{1,40}$/.test(value)) return value
  throw invalid(name, `is ${JSON.stringify(value)}. Use up to 40 letters, digits, dots, dashes and underscores`, 'a')
}

/** Runs `check`, and turns what Facsimile has to say of the value into words about the variable. */
function explain(name: string, example: string, check: () => unknown): void {
  try {
    check()
  } catch (cause) {
    if (!(cause instanceof FacsimileError)) throw cause
    throw invalid(name, `cannot be used: ${cause.message}`, example, cause)
  }
}

function invalid(name: string, problem: string, example: string, cause?: unknown): DemoError {
  return new DemoError('VARIABLE_INVALID', `${name} ${problem}. For example: ${name}=${example} npm start`, { cause })
}
