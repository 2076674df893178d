// The `mysql` cache provider: pages in one table of a MySQL or MariaDB server, shared by any number of web servers.
import type { CacheProvider } from '../cache-provider.js'
import { toError } from '../errors.js'
import { checkRoundTrip, checkTable } from './mysql/check-database.js'
import { createConnections, type Work } from './mysql/connections.js'
import { createSweepTimer, SWEEP_TIMEOUT_MS, sweepExpired } from './mysql/expired-sweep.js'
import { resolveMysqlSettings, type MysqlProviderSettings } from './mysql/mysql-settings.js'
import { createPageRows } from './mysql/page-rows.js'
import { ensureTable, missing } from './mysql/pages-table.js'
import { createPoolSource } from './mysql/pool-source.js'
import { NO_SUCH_TABLE, numberOf } from './mysql/server-errors.js'
import { MOST_COUNTED, statementsFor } from './mysql/statements.js'
import { createOperationGate } from './operation-gate.js'

export { MYSQL_LOCATION_FORM, parseMysqlLocation, type MysqlLocation } from './mysql/mysql-location.js'
export type { MysqlProviderSettings } from './mysql/mysql-settings.js'
export { mysqlTableDdl } from './mysql/pages-table.js'

const SWEEP_INTERVAL_MS = 60_000

/** What waits in the table, expired pages included. */
export interface MysqlStatistics {
  readonly pages: number
  /** Of the records: bodies and metadata. */
  readonly bytes: number
  readonly expiredPages: number
}

export interface MysqlProvider extends CacheProvider {
  /**
   * Removes the expired pages now, for up to 20 seconds, and answers with how many it removed: 0 also when another
   * server is at it.
   */
  sweepNow(): Promise<number>
  /** Reads the whole table: for a person who asks, not for every minute. */
  stats(): Promise<MysqlStatistics>
}

interface Internals {
  readonly sweepIntervalMs?: number
  /** `'optimistic'`: take pages as on MySQL, wherever. */
  readonly taking?: 'optimistic'
}

/**
 * Keeps each page in one row. The database decides the one winner of a pull (`DELETE … RETURNING` on MariaDB; elsewhere
 * read, then delete that very generation, and serve only if a row went), and its clock alone decides what has expired,
 * in the statement that reads: the clocks of the web servers need not agree. A page is
 * never served after its deadline, even when its store was held up on the way to the database.
 *
 * Nothing is connected before the first use; the table is made then, or checked, within a `timeoutMs` of its own. Every
 * call ends after `timeoutMs` and is not repeated: a pull that fails or is cancelled under way may have taken its page.
 * Open connections keep the process alive until `close()`. Rejects with `PROVIDER_FAILED`, `PROVIDER_TIMEOUT`, and with
 * `PAGE_TOO_LARGE` before it sends what the server's max_allowed_packet does not admit.
 * A record that is none of ours, or damaged, is a miss. Once a minute one of the servers removes expired rows.
 * Throws `SETTINGS_INVALID` or `LOCATION_INVALID`. The second parameter is for tests.
 */
export function createMysqlProvider(
  settings: MysqlProviderSettings,
  { sweepIntervalMs = SWEEP_INTERVAL_MS, taking }: Internals = {},
): MysqlProvider {
  const { source, table, createTable, timeoutMs } = resolveMysqlSettings(settings)
  const gate = createOperationGate('mysql')
  const pool = createPoolSource(source, timeoutMs)
  const connections = createConnections(pool, table.text)
  const statements = statementsFor(table)
  const rows = createPageRows({ statements, timeoutMs, mayReturn: taking !== 'optimistic' })
  const timer = createSweepTimer(sweepIntervalMs, () => gate.pass(sweep))
  let prepared: Promise<void> | undefined
  let ended: Promise<void> | undefined

  /** The table, made sure of once for all calls; after a failure the next call tries again. */
  async function prepare(): Promise<void> {
    const use = { what: 'make sure of its table', timeoutMs }
    prepared ??= connections.use(use, (session, server) => ensureTable(session, server, table, createTable))
    const mine = prepared
    try {
      await mine
    } catch (error) {
      if (prepared === mine) prepared = undefined
      throw error
    }
  }

  /** Does `work` once the table is there; when somebody dropped it since, makes it again and does `work` again, once. */
  async function perform<T>(what: string, work: Work<T>, limitMs = timeoutMs): Promise<T> {
    await prepare()
    try {
      return await connections.use({ what, timeoutMs: limitMs }, work)
    } catch (error) {
      if (numberOf(toError(error).cause) !== NO_SUCH_TABLE) throw error
      prepared = undefined
      if (!createTable) throw missing(table)
      await prepare()
      return await connections.use({ what, timeoutMs: limitMs }, work)
    }
  }

  /** Passes the gate, and does nothing for a caller that has stopped waiting before it came to its turn. */
  function use<T>(what: string, work: Work<T>, signal?: AbortSignal): Promise<T> {
    const unlessCancelled: Work<T> = (session, server) => {
      signal?.throwIfAborted()
      return work(session, server)
    }
    return gate.pass(() => perform(what, unlessCancelled), signal)
  }

  function sweep(): Promise<number> {
    const options = { table, statements, isStopped: timer.isStopped }
    return perform(
      'remove expired pages',
      (session, server) => sweepExpired(session, server, options),
      SWEEP_TIMEOUT_MS,
    )
  }

  async function check(): Promise<string[]> {
    try {
      const weaknesses = await perform('look at its table', (session, server) => checkTable(session, server, table))
      const losses = await checkRoundTrip({
        store: (token, page) => perform('store a probe', rows.keep(token, page)),
        pull: (token) => perform('take a probe', rows.take(token)),
      })
      return [...weaknesses, ...losses]
    } catch (error) {
      return [toError(error).message]
    }
  }

  return {
    name: 'mysql',
    async store(token, page, { signal } = {}) {
      await use('store a page', rows.keep(token, page), signal)
      timer.start()
    },
    pull: (token, { signal } = {}) => use('take a page', rows.take(token), signal),
    peek: (token, { signal } = {}) => use('read a page', rows.look(token), signal),
    remove: (token) => use('remove a page', rows.remove(token)),
    async check() {
      return gate.isClosed() ? ['The mysql cache provider is closed; open a new one.'] : await gate.pass(check)
    },
    usage: () =>
      use('count its pages', async (session) => {
        const [row] = await session.rows(statements.countSome)
        const pages = Number(row?.['pages'])
        return pages > MOST_COUNTED ? { note: `It holds more than ${MOST_COUNTED} pages.` } : { pages }
      }),
    sweepNow: () => gate.pass(sweep),
    stats: () =>
      gate.pass(() =>
        perform(
          'count its pages',
          async (session) => {
            const [row = {}] = await session.rows(statements.count)
            return { pages: Number(row['pages']), bytes: Number(row['bytes']), expiredPages: Number(row['expired']) }
          },
          SWEEP_TIMEOUT_MS,
        ),
      ),
    close() {
      timer.stop()
      return (ended ??= gate.close().then(() => pool.end()))
    },
  }
}
