// Providers, private servers and connections for the tests of the mysql provider, all of them closed afterwards.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { createPageToken, type CacheProvider } from '@facsimile/core'
import { createMysqlProvider } from '@facsimile/core/mysql'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import { withEnds, type OnEnd } from '../../support/ends.js'
import { eventually } from '../../support/eventually.js'
import { failureOf } from '../../support/failure-of.js'
import { samplePage } from '../../core/providers/sample-page.js'
import { startMariadb, type ThrowAwayServer } from '../../../scripts/services.mjs'

/** What a test opens; each thing is closed when the test ends, the last one first. */
export interface MysqlBench {
  readonly server: (...args: string[]) => Promise<ThrowAwayServer>
  readonly provider: typeof createMysqlProvider
  /** A connection of the test's own. */
  readonly connection: (url: string) => Promise<Connection>
  readonly onEnd: OnEnd
}

/** A test body that is given a bench. */
export function withMysql(use: (bench: MysqlBench) => Promise<void>): () => Promise<void> {
  return withEnds((onEnd) =>
    use({
      onEnd,
      async server(...args) {
        const server = await startMariadb({ args })
        onEnd(() => server.stop())
        return server
      },
      provider(settings, internals) {
        const provider = createMysqlProvider(settings, internals)
        onEnd(() => provider.close())
        return provider
      },
      async connection(url) {
        const connection = await createConnection(url)
        onEnd(() => connection.destroy())
        return connection
      },
    }),
  )
}

/** Halts the server, sees that it gives no sign of life any more, and answers with what lets it go on. */
export async function freeze(server: ThrowAwayServer): Promise<() => Promise<void>> {
  await server.kill('SIGSTOP')
  // The signal goes by way of another process, and takes effect a moment later.
  await eventually('the server is halted', async () => !(await greets(server.port)))
  return () => server.kill('SIGCONT')
}

/** Whether the server at `port` says hello to a new connection, as every server does first. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (greeted: boolean) => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(200, () => answer(false))
    socket.once('data', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('end', () => answer(false))
  })
}

/** A name that no other test uses. */
export function newTable(): string {
  return `pages_${randomBytes(6).toString('hex')}`
}

/** The error with which a store and a pull both fail. */
export async function faultOf(provider: CacheProvider): Promise<Error & { code?: string }> {
  const pulled = await failureOf(provider.pull(createPageToken()))
  const stored = await failureOf(provider.store(createPageToken(), samplePage()))
  assert.deepEqual([stored.name, stored.code], ['FacsimileError', pulled.code])
  return pulled
}

/** Stores and pulls, within ten seconds. */
export async function worksAgain(provider: CacheProvider): Promise<void> {
  await eventually('stores and pulls', async () => {
    const token = createPageToken()
    const [stored] = await Promise.allSettled([provider.store(token, samplePage())])
    if (stored.status === 'rejected') return false
    const [pulled] = await Promise.allSettled([provider.pull(token)])
    return pulled.status === 'fulfilled' && pulled.value !== undefined
  })
}

/** The rows that `sql` answers with. */
export async function ask(connection: Connection, sql: string): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql)
  return rows
}

/** How many rows `table` has. */
export async function countRows(connection: Connection, table: string): Promise<number> {
  const [row] = await ask(connection, `SELECT COUNT(*) AS found FROM ${table}`)
  return Number(row?.['found'])
}
