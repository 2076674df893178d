// The table of the pages: how it is made, and whether one that is there will do.
import { FacsimileError } from '../../errors.js'
import type { DatabaseServer } from './database-server.js'
import type { Session } from './session.js'
import { isTableName, splitTableName, type TableName } from './table-name.js'

/** `PageToken` has 32 characters; the table that is made has room for longer ones. */
const LEAST_TOKEN_BYTES = 32

interface Column {
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly key: string
}

/** What is wrong with a column, or `undefined`. */
const COLUMNS: Readonly<Record<string, (column: Column) => string | undefined>> = {
  token: ({ type, bytes, key }) => {
    if (!type.startsWith('varbinary') || bytes < LEAST_TOKEN_BYTES) return `is ${type}, and must be varbinary(64)`
    return key === 'PRI' ? undefined : 'must be the primary key'
  },
  expires_at: ({ type }) =>
    /^bigint(\(\d+\))? unsigned/.test(type) ? undefined : `is ${type}, and must be bigint unsigned`,
  // A shorter kind of blob would cut a long page without a word, where the server is not strict.
  record: ({ type }) => (type === 'longblob' ? undefined : `is ${type}, and must be longblob`),
}

/**
 * The statement that makes the table of the pages, for a database administrator.
 * Throws `SETTINGS_INVALID` for a name that is not made of letters, digits and `_`.
 */
export function mysqlTableDdl(table: string): string {
  if (!isTableName(table)) {
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `table is ${JSON.stringify(table)}; give a name of at most 64 letters, digits and _, or database.table`,
    )
  }
  return [
    `CREATE TABLE IF NOT EXISTS ${splitTableName(table).sql} (`,
    `  token VARBINARY(64) NOT NULL PRIMARY KEY,`,
    `  expires_at BIGINT UNSIGNED NOT NULL COMMENT 'Unix milliseconds by the clock of this database',`,
    `  record LONGBLOB NOT NULL,`,
    `  INDEX expires_at (expires_at)`,
    `) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
  ].join('\n')
}

/** Makes sure of the table. Rejects with `PROVIDER_FAILED`, and the statement to run, when it is missing or another one. */
export async function ensureTable(
  session: Session,
  server: DatabaseServer,
  table: TableName,
  createTable: boolean,
): Promise<void> {
  const found = await findColumns(session, server, table)
  if (found.length > 0) {
    const faults = faultsOf(found)
    if (faults.length > 0) throw unfit(table, faults)
    return
  }
  if (!createTable) throw missing(table)
  await session.change(mysqlTableDdl(table.text))
}

/** The database in which the table is looked for: the one in its name, else the one that the connection has chosen. */
export function databaseOf(table: TableName, server: DatabaseServer): string {
  const database = table.database ?? server.database
  if (database !== undefined) return database
  throw new FacsimileError(
    'PROVIDER_FAILED',
    `The pool of the mysql cache provider has chosen no database: give the pool one, or write table as database.${table.table}.`,
  )
}

/** The table is missing, and making it is not ours. */
export function missing(table: TableName): FacsimileError {
  return new FacsimileError(
    'PROVIDER_FAILED',
    `The table ${JSON.stringify(table.text)} of the mysql cache provider is missing, and createTable is false. Have this statement run once: ${mysqlTableDdl(table.text)}.`,
  )
}

async function findColumns(session: Session, server: DatabaseServer, table: TableName): Promise<Column[]> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, COLUMN_KEY AS columnKey, CAST(CHARACTER_OCTET_LENGTH AS CHAR) AS bytes
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [databaseOf(table, server), table.table],
  )
  return rows.map((row) => ({
    name: text(row['name']),
    type: text(row['type']).toLowerCase(),
    key: text(row['columnKey']),
    bytes: Number(row['bytes']),
  }))
}

/** Information schemas answer with text or with bytes, depending on the server. */
function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value)
}

function faultsOf(found: readonly Column[]): string[] {
  const faults = Object.entries(COLUMNS).flatMap(([name, faultOf]) => {
    const column = found.find((one) => one.name === name)
    const fault = column ? faultOf(column) : 'is missing'
    return fault === undefined ? [] : [`column ${name} ${fault}`]
  })
  const keys = found.filter(({ key }) => key === 'PRI')
  return keys.length > 1 ? [...faults, 'column token must be the primary key alone'] : faults
}

function unfit(table: TableName, faults: readonly string[]): FacsimileError {
  return new FacsimileError(
    'PROVIDER_FAILED',
    `The table ${JSON.stringify(table.text)} cannot hold the pages of the mysql cache provider: ${faults.join('; ')}. Name another table, or drop this one and have this statement run: ${mysqlTableDdl(table.text)}.`,
  )
}
