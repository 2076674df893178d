// The store that a command line names, by its location or by the settings of the site.
import { FacsimileError, maskLocation, openCacheProvider, type CacheBounds, type CacheProvider } from '@facsimile/core'
import { createMysqlProvider, parseMysqlLocation } from '@facsimile/core/mysql'
import { valueOrFile } from '../bounded-input.js'
import { usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { readSiteSettings } from '../settings-file.js'

export interface StoreChoice {
  readonly config?: string
  readonly location?: string
}

export interface ChosenStore {
  readonly provider: CacheProvider
  /** With the password masked; missing where the settings have a provider object. */
  readonly location?: string
  /** The table that a location of MySQL or MariaDB means. */
  readonly table?: string
}

const MAX_LOCATION_BYTES = 4096
const MYSQL_SCHEME = /^(?:mysql|mariadb):/i
/** Without options, a store is taken only from where somebody meant it: these, and not a file that happens to lie here. */
const STORE_VARIABLES = ['FACSIMILE_CONFIG', 'FACSIMILE_CACHE_PROVIDER']
const DEFAULT_TABLE = 'facsimile_pages'

/**
 * Opens the provider, which connects to nothing yet. `createTable` overrides what a location of MySQL or MariaDB says;
 * a provider object stays as it is. Throws a usage failure when no store is named, or none can be opened by that name.
 */
export async function openChosenStore(io: Io, choice: StoreChoice, createTable?: boolean): Promise<ChosenStore> {
  const { cacheProvider, bounds } = await choose(io, choice)
  if (typeof cacheProvider !== 'string') return { provider: cacheProvider }
  const location = maskLocation(cacheProvider)
  try {
    if (!MYSQL_SCHEME.test(cacheProvider)) return { provider: openCacheProvider(cacheProvider, bounds), location }
    const { table = DEFAULT_TABLE } = parseMysqlLocation(cacheProvider)
    const making = createTable === undefined ? {} : { createTable }
    return { provider: createMysqlProvider({ location: cacheProvider, ...making }), location, table }
  } catch (cause) {
    if (!(cause instanceof FacsimileError)) throw cause
    throw usageFailure(cause.message, 'Mend the location, and call again.', { cause })
  }
}

interface Choice {
  readonly cacheProvider: string | CacheProvider
  readonly bounds?: CacheBounds
}

async function choose(io: Io, { config, location }: StoreChoice): Promise<Choice> {
  if (config !== undefined || (location === undefined && STORE_VARIABLES.some((name) => io.env[name]))) {
    const { cacheProvider, maxCachedPages, maxCachedBytes } = await readSiteSettings(io, config)
    return { cacheProvider, bounds: { maxCachedPages, maxCachedBytes } }
  }
  if (location !== undefined) {
    const bytes = await valueOrFile(io, '--location', location, MAX_LOCATION_BYTES)
    return { cacheProvider: bytes.toString().trim() }
  }
  throw usageFailure(
    'no store is named',
    'Give --config <file>, the settings of the site, or --location <location>, such as redis://127.0.0.1:6379.',
  )
}
