// The settings of the mysql provider: from what was given to one frozen, checked object.
import type { Pool } from 'mysql2'
import type { Pool as PromisePool } from 'mysql2/promise'
import { FacsimileError } from '../../errors.js'
import { nearestName } from '../../near-miss.js'
import {
  isTimeoutMs,
  LEAST_TIMEOUT_MS,
  MOST_TIMEOUT_MS,
  parseMysqlLocation,
  type MysqlLocation,
} from './mysql-location.js'
import { isTableName, splitTableName, type TableName } from './table-name.js'

const DEFAULT_TABLE = 'facsimile_pages'
const DEFAULT_TIMEOUT_MS = 1_000

interface MysqlProviderOptions {
  /** The table of the pages: letters, digits and `_`, or `database.table`. @default 'facsimile_pages' */
  readonly table?: string
  /** Whether a missing table is made. `mysqlTableDdl` gives the statement for a database administrator. @default true */
  readonly createTable?: boolean
  /** How long a call may take in all, waiting for a connection included: 50 to 60 000 milliseconds. @default 1000 */
  readonly timeoutMs?: number
}

/** Where the pages wait: at a location, or wherever a pool of yours leads. */
export type MysqlProviderSettings = MysqlProviderOptions &
  (
    | {
        /** `mysql://user[:password]@host[:port]/database`; its parameters count where no setting of that name is given. */
        readonly location: string
        readonly pool?: undefined
      }
    | {
        /** A pool of mysql2, of either kind. It is yours: `close()` leaves it open. */
        readonly pool: Pool | PromisePool
        readonly location?: undefined
      }
  )

export interface ResolvedMysqlSettings {
  readonly source: MysqlLocation | Pool
  readonly table: TableName
  readonly createTable: boolean
  readonly timeoutMs: number
}

const KEYS = ['location', 'pool', 'table', 'createTable', 'timeoutMs']

/** Throws `SETTINGS_INVALID`, or `LOCATION_INVALID` for the location. */
export function resolveMysqlSettings(settings: MysqlProviderSettings): ResolvedMysqlSettings {
  if (typeof (settings as unknown) !== 'object' || (settings as unknown) === null) {
    throw invalid(`the settings are ${JSON.stringify(settings)}; give { location } or { pool }`)
  }
  for (const key of Object.keys(settings)) if (!KEYS.includes(key)) throw unknownKey(key)
  const { location, pool } = settings
  if ((location === undefined) === (pool === undefined)) {
    throw invalid(`${pool ? 'both location and pool are' : 'neither location nor pool is'} given; give one of them`)
  }
  const place = location === undefined ? undefined : parseMysqlLocation(location)
  const table: unknown = settings.table ?? place?.table ?? DEFAULT_TABLE
  const createTable: unknown = settings.createTable ?? place?.createTable ?? true
  const timeoutMs: unknown = settings.timeoutMs ?? place?.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const source = place ?? corePool(pool)
  if (!isTableName(table)) {
    throw invalid(
      `table is ${JSON.stringify(table)}; give a name of at most 64 letters, digits and _, or database.table`,
    )
  }
  if (typeof createTable !== 'boolean') {
    throw invalid(`createTable is ${JSON.stringify(createTable)}; give true or false`)
  }
  if (!isTimeoutMs(timeoutMs)) {
    throw invalid(
      `timeoutMs is ${String(timeoutMs)}; give a whole number from ${LEAST_TIMEOUT_MS} to ${MOST_TIMEOUT_MS}`,
    )
  }
  return Object.freeze({ source, table: splitTableName(table), createTable, timeoutMs })
}

/** The pool with callbacks: a pool with promises is a cover around one. */
function corePool(pool: unknown): Pool {
  const given = typeof pool === 'object' && pool !== null ? (pool as Partial<PromisePool>) : {}
  const core = given.pool ?? given
  if (typeof core.getConnection === 'function' && 'promise' in core) return core
  throw invalid('pool is no pool of mysql2; give what its createPool() answered')
}

function unknownKey(key: string): FacsimileError {
  const nearest = nearestName(key, KEYS)
  return invalid(`${key} is no setting; ${nearest ? `did you mean ${nearest}?` : `there are ${KEYS.join(', ')}`}`)
}

function invalid(problem: string): FacsimileError {
  return new FacsimileError('SETTINGS_INVALID', problem)
}
