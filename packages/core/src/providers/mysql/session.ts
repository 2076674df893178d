// One connection while one call has it: statements one after the other, each with what is left of the call's time.
import type { PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2'
import { FacsimileError } from '../../errors.js'
import { isLoss, isReadOnly, numberOf, START_ANEW } from './server-errors.js'
import type { Deadline } from './deadline.js'

/** A statement that lost against another one was rolled back by the database, and is sent again this often in all. */
const MOST_TRIES = 4

/** Rows as objects, values as they come. */
const PLAIN_ROWS = {
  rowsAsArray: false,
  nestTables: false,
  typeCast: (_field: unknown, value: () => unknown) => value(),
}

type SqlValue = string | Buffer

/** Statements are prepared: values travel as they are, and a page takes no more bytes than it has. */
export interface Session {
  /** The rows that `sql` answers with. */
  rows(sql: string, values?: SqlValue[]): Promise<Record<string, unknown>[]>
  /** Runs `sql` and answers with how many rows it changed. */
  change(sql: string, values?: SqlValue[]): Promise<number>
  /** Has `sql` ready at the server, so that the next `change` with it is sent without delay. */
  prepare(sql: string): Promise<void>
}

export interface OwnedSession extends Session {
  /** Whether the connection can serve others after this call. */
  isSound(): boolean
}

/** What each connection has ready. */
const prepared = new WeakMap<PoolConnection, Set<string>>()

/** Rejects with the driver's errors, and with `PROVIDER_TIMEOUT` when `deadline` comes first. */
export function openSession(connection: PoolConnection, deadline: Deadline): OwnedSession {
  const rowOptions = hasPlainRows(connection) ? undefined : PLAIN_ROWS
  let sound = true

  async function once<T>(send: (done: (error: Error | null, answer: T) => void) => void): Promise<T> {
    try {
      return await deadline.answer(send, () => {
        sound = false // a late reply must not reach the next caller
      })
    } catch (error) {
      if (error instanceof FacsimileError || isLoss(error) || isReadOnly(error)) sound = false
      throw error
    }
  }

  async function run<T>(send: (done: (error: Error | null, answer: T) => void) => void): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await once(send)
      } catch (error) {
        if (tries === MOST_TRIES || !START_ANEW.has(numberOf(error))) throw error
      }
    }
  }

  return {
    isSound: () => sound,
    async rows(sql, values = []) {
      const answer = await run<RowDataPacket[] | ResultSetHeader>((done) => {
        connection.execute({ sql, values, ...rowOptions }, done)
      })
      // MariaDB can see without looking that DELETE … RETURNING finds nothing, and then answers with a number of rows.
      return Array.isArray(answer) ? answer : []
    },
    async change(sql, values = []) {
      const { affectedRows } = await run<ResultSetHeader>((done) => {
        connection.execute({ sql, values }, done)
      })
      return affectedRows
    },
    async prepare(sql) {
      const known = prepared.get(connection) ?? new Set()
      if (known.has(sql)) return
      await once<unknown>((done) => {
        connection.prepare(sql, done)
      })
      prepared.set(connection, known.add(sql))
    },
  }
}

/** A pool that was given may have ideas of its own. A function that looks at every value also costs time for each. */
function hasPlainRows({ config: { rowsAsArray, nestTables, typeCast } }: PoolConnection): boolean {
  return rowsAsArray !== true && !nestTables && (typeCast === undefined || typeCast === true)
}
