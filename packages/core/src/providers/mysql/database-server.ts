// What one connection tells about the server at its other end, asked once when it is first used.
import type { Session } from './session.js'

/** RETURNING stands behind DELETE since MariaDB 10.0.5. */
const FIRST_WITH_RETURNING = [10, 0, 5] as const

export interface DatabaseServer {
  readonly version: string
  /** Whether `DELETE … RETURNING` can be asked of it. */
  readonly hasReturning: boolean
  /** The longest packet it takes, in bytes. */
  readonly maxPacketBytes: number
  /** The database that the connection has chosen, if any. */
  readonly database: string | undefined
}

export async function askServer(session: Session): Promise<DatabaseServer> {
  const [row = {}] = await session.rows(
    `SELECT VERSION() AS version, CAST(@@max_allowed_packet AS CHAR) AS maxPacketBytes, DATABASE() AS databaseName`,
  )
  const version = String(row['version'])
  return {
    version,
    hasReturning: hasReturning(version),
    maxPacketBytes: Number(row['maxPacketBytes']),
    database: typeof row['databaseName'] === 'string' ? row['databaseName'] : undefined,
  }
}

function hasReturning(version: string): boolean {
  const [, ...digits] = /(\d+)\.(\d+)\.(\d+)-MariaDB/i.exec(version) ?? []
  if (digits.length === 0) return false
  const parts = digits.map(Number)
  const at = FIRST_WITH_RETURNING.findIndex((least, index) => parts[index] !== least)
  return at === -1 || (parts[at] ?? 0) > (FIRST_WITH_RETURNING[at] ?? 0)
}
