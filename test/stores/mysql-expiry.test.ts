// When pages of the mysql provider expire, by whose clock, and how the expired ones go.
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createPool, type Pool, type RowDataPacket } from 'mysql2'
import { samplePage } from '../core/providers/sample-page.js'
import { eventually } from '../support/eventually.js'
import { countRows, newTable, withMysql, type MysqlBench } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

const HOUR_MS = 3_600_000

afterEach(() => {
  jest.restoreAllMocks()
})

describe('the clock of the database', () => {
  test(
    'alone decides: two applications an hour apart see the same page live, and the same page gone',
    withMysql(async (bench) => {
      const { provider, connection, table } = await openOn(bench)
      const other = bench.provider({ location: mysqlUrl(), table })
      const real = Date.now
      for (const apartMs of [HOUR_MS, -HOUR_MS]) {
        const token = createPageToken()
        jest.spyOn(Date, 'now').mockImplementation(() => real() + apartMs)
        const now = Date.now()
        await provider.store(token, samplePage({ capturedAt: now, expiresAt: now + 60_000 }))
        jest.restoreAllMocks()
        expect((await other.peek(token))?.expiresAt).toBe(now + 60_000)
        await connection.query(`UPDATE ${table} SET expires_at = expires_at - 60000`)
        expect(await other.pull(token)).toBeUndefined()
        expect(await provider.remove(token)).toBe(false)
      }
    }),
  )

  test(
    'counts in UTC: a session an hour off, by its time zone, sees the same',
    withMysql(async (bench) => {
      const { provider, table } = await openOn(bench)
      const pool = createPool(mysqlUrl())
      bench.onEnd(() => new Promise((resolve) => pool.end(resolve)))
      pool.on('connection', (connection) => void connection.query(`SET time_zone = '-11:00'`))
      const [token, elsewhere] = [createPageToken(), bench.provider({ pool, table })]
      await provider.store(token, samplePage())
      expect(await elsewhere.peek(token)).toBeDefined()
      await elsewhere.store(token, samplePage({ expiresAt: Date.now() + 200 }))
      await eventually('the page expires', async () => (await provider.peek(token)) === undefined)
    }),
  )

  test(
    'may be set while connections are open: a page still lives, and a second shorter at most',
    withMysql(async (bench) => {
      const { table } = await openOn(bench)
      const pool = createPool({ uri: mysqlUrl(), connectionLimit: 1 })
      bench.onEnd(() => new Promise((resolve) => pool.end(resolve)))
      const provider = bench.provider({ pool, table })
      await provider.store(createPageToken(), samplePage()) // the clock has been read
      for (const jumpS of [3_600, -3_600]) {
        await new Promise((resolve, reject) =>
          pool.query(`SET timestamp = UNIX_TIMESTAMP() + ${jumpS}`, (error) =>
            error ? reject(error) : resolve(undefined),
          ),
        )
        const token = createPageToken()
        await provider.store(token, samplePage())
        expect(await provider.pull(token)).toBeDefined()
      }
    }),
  )
})

describe('the sweep', () => {
  test(
    'removes expired pages in batches, and no others; the numbers of stats() tell',
    withMysql(async (bench) => {
      const { provider, connection, table } = await openOn(bench)
      const kept = createPageToken()
      await provider.store(kept, samplePage({ body: Buffer.alloc(1_000) }))
      await addExpired(bench, table, 1_234)
      const before = await provider.stats()
      expect(before).toMatchObject({ pages: 1_235, expiredPages: 1_234 })
      expect(before.bytes).toBeGreaterThan(1_234 + 1_000)
      expect(await provider.usage?.()).toEqual({ pages: 1 })
      expect(await provider.sweepNow()).toBe(1_234)
      expect(await provider.stats()).toMatchObject({ pages: 1, expiredPages: 0 })
      expect(await provider.pull(kept)).toBeDefined()
      expect(await countRows(connection, table)).toBe(0)
      expect(await provider.stats()).toEqual({ pages: 0, bytes: 0, expiredPages: 0 })
    }),
  )

  test(
    'of more pages than are counted by the way usage() tells so, and stats() the number',
    withMysql(async (bench) => {
      const { provider, connection, table } = await openOn(bench)
      await provider.store(createPageToken(), samplePage())
      const digits = `(SELECT 0 AS n ${Array.from({ length: 9 }, (_, index) => `UNION ALL SELECT ${index + 1}`).join(' ')})`
      await connection.query(
        `INSERT INTO ${table} (token, expires_at, record)
          SELECT CONCAT(a.n, b.n, c.n, d.n, e.n), 4102444800000, 'x'
            FROM ${['a', 'b', 'c', 'd', 'e'].map((name) => `${digits} ${name}`).join(', ')}`,
      )
      expect(await provider.usage?.()).toEqual({ note: 'It holds more than 100000 pages.' })
      expect(await provider.stats()).toMatchObject({ pages: 100_001 })
    }),
  )

  test(
    'is done by one of several servers at a time',
    withMysql(async (bench) => {
      const { provider, connection, table } = await openOn(bench)
      const other = bench.provider({ location: mysqlUrl(), table })
      await Promise.all([provider.peek(createPageToken()), other.peek(createPageToken())])
      await addExpired(bench, table, 2_000)
      const removed = await Promise.all([provider.sweepNow(), other.sweepNow()])
      expect(removed.toSorted((a, b) => a - b)).toEqual([0, 2_000])
      expect(await countRows(connection, table)).toBe(0)
      await addExpired(bench, table, 3)
      expect(await other.sweepNow()).toBe(3) // the lock was given back
    }),
  )

  test(
    'leaves the work to the server that has the lock, which is named after database and table',
    withMysql(async (bench) => {
      const { provider, connection, table } = await openOn(bench)
      const another = await openOn(bench)
      for (const one of [provider, another.provider]) await one.peek(createPageToken())
      await addExpired(bench, table, 1)
      await addExpired(bench, another.table, 1)
      const database = new URL(mysqlUrl()).pathname.slice(1)
      const digest = createHash('sha256').update(`${database}.${table}`).digest('hex')
      await connection.query(`SELECT GET_LOCK('facsimile:${digest.slice(0, 40)}', 0)`)
      expect(await provider.sweepNow()).toBe(0)
      expect(await another.provider.sweepNow()).toBe(1)
      await connection.query(`DO RELEASE_ALL_LOCKS()`)
      expect(await provider.sweepNow()).toBe(1)
    }),
  )

  test(
    'runs by itself once something was stored',
    withMysql(async (bench) => {
      const table = newTable()
      const connection = await bench.connection(mysqlUrl())
      bench.onEnd(() => connection.query(`DROP TABLE ${table}`))
      const provider = bench.provider({ location: mysqlUrl(), table }, { sweepIntervalMs: 20 })
      const tokens = Array.from({ length: 5 }, createPageToken)
      for (const token of tokens) await provider.store(token, samplePage({ expiresAt: Date.now() + 100 }))
      await eventually('no row is left', async () => (await countRows(connection, table)) === 0)
    }),
  )

  test(
    'reads no page that has not expired',
    withMysql(async (bench) => {
      const { table } = await openOn(bench)
      const pool = createPool({ uri: mysqlUrl(), connectionLimit: 1 })
      bench.onEnd(() => new Promise((resolve) => pool.end(resolve)))
      const provider = bench.provider({ pool, table })
      for (let count = 0; count < 200; count++) await provider.store(createPageToken(), samplePage())
      await addExpired(bench, table, 3)
      const before = await countReads(pool)
      expect(await provider.sweepNow()).toBe(3)
      // By the index on expires_at; a walk through the table would read 200 rows.
      expect((await countReads(pool)) - before).toBeLessThan(150)
    }),
  )
})

async function openOn(bench: MysqlBench) {
  const table = newTable()
  const connection = await bench.connection(mysqlUrl())
  bench.onEnd(() => connection.query(`DROP TABLE IF EXISTS ${table}`))
  return { table, connection, provider: bench.provider({ location: mysqlUrl(), table }) }
}

async function addExpired(bench: MysqlBench, table: string, count: number): Promise<void> {
  const connection = await bench.connection(mysqlUrl())
  const rows = Array.from({ length: count }, (_, index) => [createPageToken(), 1 + index, Buffer.from('x')])
  await connection.query(`INSERT INTO ${table} (token, expires_at, record) VALUES ?`, [rows])
}

/** How many rows the only connection of `pool` has read, its own questions after that included. */
async function countReads(pool: Pool): Promise<number> {
  const [rows] = await pool.promise().query<RowDataPacket[]>(`SHOW SESSION STATUS LIKE 'Handler_read%'`)
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0)
}
