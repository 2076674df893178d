// Every statement that touches pages, for one table. What comes from outside is always bound, never written in.
import type { TableName } from './table-name.js'

/**
 * The database's clock in Unix milliseconds. Reckoned from UTC: `UNIX_TIMESTAMP(NOW(3))` goes by way of the session's
 * local time, which in the hour that an autumn repeats is off by an hour.
 */
export const NOW_MS = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000`

/** One generation of a page, told from another: format, checksum and length of the record's head. */
const GENERATION = 'LEFT(record, 12)'

/** The rest of the life, less what the statement was held up, within the least: see `LifeInDatabase`. */
const LIFE = `GREATEST(LEAST(CAST(? AS SIGNED), CAST(? AS SIGNED) - (${NOW_MS})), CAST(? AS SIGNED))`

/** Expired pages that one statement of the sweep removes at most. */
export const SWEEP_BATCH = 500

/** Pages that are counted for somebody who looks by the way. */
export const MOST_COUNTED = 100_000

export interface Statements {
  /** Values: token, `lifeMs`, `expiresAtMs` and `leastLifeMs` of `LifeInDatabase`, record. Needs no right to UPDATE. */
  readonly store: string
  /** Value: token. Answers with `record`. */
  readonly peek: string
  /** Value: token. Answers with `record` (MariaDB). */
  readonly takeReturning: string
  /** Value: token. Answers with `record`, `expiresAt` and `generation`, for `takeGeneration`. */
  readonly lookForTaking: string
  /** Values: token, expiresAt, generation. Changes one row for exactly one of those that looked. */
  readonly takeGeneration: string
  /** Value: token. Changes one row if there was a page that had not expired. */
  readonly remove: string
  /** Value: token. Whether it had expired or not. */
  readonly discard: string
  readonly sweep: string
  /** Answers with `pages`, `bytes` and `expired`, from the whole table. */
  readonly count: string
  /** Answers with `pages`, those that have not expired, from the index alone: up to `MOST_COUNTED` of them and one more. */
  readonly countSome: string
}

export function statementsFor({ sql }: TableName): Statements {
  const living = `token = ? AND expires_at > ${NOW_MS}`
  return {
    store: `REPLACE INTO ${sql} (token, expires_at, record) VALUES (?, ${NOW_MS} + ${LIFE}, ?)`,
    peek: `SELECT record FROM ${sql} WHERE ${living}`,
    takeReturning: `DELETE FROM ${sql} WHERE ${living} RETURNING record`,
    lookForTaking: `SELECT record, CAST(expires_at AS CHAR) AS expiresAt, ${GENERATION} AS generation FROM ${sql} WHERE ${living}`,
    takeGeneration: `DELETE FROM ${sql} WHERE ${living} AND expires_at = CAST(? AS UNSIGNED) AND ${GENERATION} = ?`,
    remove: `DELETE FROM ${sql} WHERE ${living}`,
    discard: `DELETE FROM ${sql} WHERE token = ?`,
    sweep: `DELETE FROM ${sql} WHERE expires_at <= ${NOW_MS} ORDER BY expires_at LIMIT ${SWEEP_BATCH}`,
    count: `SELECT COUNT(*) AS pages, CAST(COALESCE(SUM(LENGTH(record)), 0) AS CHAR) AS bytes, CAST(COALESCE(SUM(expires_at <= ${NOW_MS}), 0) AS CHAR) AS expired FROM ${sql}`,
    countSome: `SELECT COUNT(*) AS pages FROM (SELECT 1 FROM ${sql} WHERE expires_at > ${NOW_MS} LIMIT ${MOST_COUNTED + 1}) AS living`,
  }
}
