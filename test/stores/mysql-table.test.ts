// The table of the mysql provider: made, checked, dropped and filled by others; and which rows count.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, parsePageToken, type PageToken } from '@facsimile/core'
import { mysqlTableDdl } from '@facsimile/core/mysql'
import { samplePage } from '../core/providers/sample-page.js'
import { failureOf } from '../support/failure-of.js'
import { ask, countRows, newTable, withMysql, type MysqlBench } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

describe('the table of the mysql provider', () => {
  test(
    'is made at the first use, as mysqlTableDdl() says',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      await provider.pull(createPageToken())
      const columns = await ask(
        connection,
        `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, COLUMN_KEY AS columnKey FROM information_schema.COLUMNS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
      )
      expect(columns.map(({ name, type, columnKey }) => `${name} ${type} ${columnKey}`.trim())).toEqual([
        'token varbinary(64) PRI',
        expect.stringMatching(/^expires_at bigint(\(20\))? unsigned MUL$/),
        'record longblob',
      ])
      const [made] = await ask(connection, `SHOW CREATE TABLE ${table}`)
      await connection.query(`DROP TABLE ${table}`)
      await connection.query(mysqlTableDdl(table))
      const [again] = await ask(connection, `SHOW CREATE TABLE ${table}`)
      expect(again).toEqual(made)
      expect(made?.['Create Table']).toMatch(/ENGINE=InnoDB .*utf8mb4.*utf8mb4_bin/)
    }),
  )

  test(
    'holds one row per page, whose value is the record with the bytes of the body',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      const [token, page] = [createPageToken(), samplePage({ body: Buffer.from([0xff, 0x00, 0xfe, 0x27, 0x5c]) })]
      await provider.store(token, page)
      const [row, ...others] = await ask(connection, `SELECT token, record, expires_at FROM ${table}`)
      expect(others).toEqual([])
      expect(String(row?.['token'])).toBe(token)
      const record = row?.['record'] as Buffer
      expect(record.subarray(0, 4).toString()).toBe('FCS1')
      expect(record.subarray(-5).equals(page.body)).toBe(true)
      expect(Math.abs(Number(row?.['expires_at']) - page.expiresAt)).toBeLessThan(1_000)
    }),
  )

  test(
    'can lie in another database, which the name says',
    withMysql(async (bench) => {
      const server = await bench.server()
      const connection = await bench.connection(server.url)
      await connection.query('CREATE DATABASE elsewhere')
      const provider = bench.provider({ location: server.url, table: 'elsewhere.pages' })
      const token = createPageToken()
      await provider.store(token, samplePage())
      expect(await countRows(connection, 'elsewhere.pages')).toBe(1)
      expect(await provider.check()).toEqual([])
      expect(await provider.pull(token)).toBeDefined()
    }),
  )

  test(
    'is made again when somebody dropped it',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      const token = createPageToken()
      await provider.store(token, samplePage())
      await connection.query(`DROP TABLE ${table}`)
      expect(await provider.pull(token)).toBeUndefined()
      await connection.query(`DROP TABLE ${table}`)
      await provider.store(token, samplePage())
      expect(await provider.pull(token)).toBeDefined()
    }),
  )

  test(
    'is not made with createTable: false; the error has the statement to run, and running it is enough',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench, { createTable: false })
      const missing = await failureOf(provider.store(createPageToken(), samplePage()))
      expect(missing).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(missing.message).toContain(`The table "${table}" of the mysql cache provider is missing`)
      expect(missing.message).toContain(mysqlTableDdl(table))
      expect(await provider.check()).toEqual([missing.message])
      await connection.query(mysqlTableDdl(table))
      expect(await provider.check()).toEqual([])
      await connection.query(`DROP TABLE ${table}`)
      expect((await failureOf(provider.pull(createPageToken()))).message).toBe(missing.message)
    }),
  )

  test.each([
    [
      'token CHAR(32) PRIMARY KEY, expires_at BIGINT UNSIGNED, record LONGBLOB',
      'column token is char(32), and must be varbinary(64)',
    ],
    [
      'token VARBINARY(16) PRIMARY KEY, expires_at BIGINT UNSIGNED, record LONGBLOB',
      'column token is varbinary(16), and must be varbinary(64)',
    ],
    ['token VARBINARY(64), expires_at BIGINT UNSIGNED, record LONGBLOB', 'column token must be the primary key'],
    [
      'token VARBINARY(64), expires_at BIGINT UNSIGNED, record LONGBLOB, PRIMARY KEY (token, expires_at)',
      'column token must be the primary key alone',
    ],
    [
      'token VARBINARY(64) PRIMARY KEY, expires_at DATETIME, record LONGBLOB',
      'column expires_at is datetime, and must be bigint unsigned',
    ],
    [
      'token VARBINARY(64) PRIMARY KEY, expires_at BIGINT UNSIGNED, record BLOB',
      'column record is blob, and must be longblob',
    ],
    ['id INT', 'column token is missing; column expires_at is missing; column record is missing'],
  ])('made by hand as (%s) is refused', async (columns, fault) => {
    await withMysql(async (bench) => {
      for (const createTable of [true, false]) {
        const { table, provider, connection } = await openOn(bench, { createTable })
        await connection.query(`CREATE TABLE ${table} (${columns})`)
        const unfit = await failureOf(provider.store(createPageToken(), samplePage()))
        expect(unfit).toMatchObject({ code: 'PROVIDER_FAILED' })
        expect(unfit.message).toContain(`The table "${table}" cannot hold the pages`)
        expect(unfit.message).toContain(fault)
        expect(unfit.message).toContain(mysqlTableDdl(table))
      }
    })()
  })

  test(
    'is told of by check() when it has no index on expires_at, or an engine without transactions',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      await connection.query(
        `CREATE TABLE ${table} (token VARBINARY(64) PRIMARY KEY, expires_at BIGINT UNSIGNED NOT NULL, record LONGBLOB NOT NULL) ENGINE=MyISAM`,
      )
      expect(await provider.check()).toEqual([
        expect.stringMatching(/has the engine MyISAM.*run ALTER TABLE `\w+` ENGINE=InnoDB\.$/),
        expect.stringMatching(/has no index on expires_at.*run ALTER TABLE `\w+` ADD INDEX \(expires_at\)\.$/),
      ])
    }),
  )

  test(
    'needs no rights but SELECT, INSERT and DELETE once it is there; without it says which are lacking',
    withMysql(async (bench) => {
      const server = await bench.server()
      const admin = await bench.connection(server.url)
      const url = new URL(server.url)
      await admin.query(`CREATE USER 'least'@'127.0.0.1' IDENTIFIED BY 'least'`)
      await admin.query(`CREATE TABLE other (id INT)`)
      await admin.query(`GRANT SELECT ON other TO 'least'@'127.0.0.1'`)
      url.username = url.password = 'least'
      const provider = bench.provider({ location: url.href })
      expect(await provider.check()).toEqual([
        expect.stringMatching(/lacks a right \(.*1142\)\. Grant the user SELECT, INSERT/),
      ])
      await admin.query(mysqlTableDdl('facsimile_pages'))
      await admin.query(`GRANT SELECT, INSERT, DELETE ON facsimile_pages TO 'least'@'127.0.0.1'`)
      expect(await provider.check()).toEqual([])
      expect(await provider.sweepNow()).toBe(0)
    }),
  )

  test(
    'is told of by check() when something changes or removes what was stored',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      expect(await provider.check()).toEqual([])
      await connection.query(`CREATE TRIGGER spoil_${table} BEFORE INSERT ON ${table} FOR EACH ROW SET NEW.record = ''`)
      expect(await provider.check()).toEqual([
        expect.stringMatching(/^A probe vanished from the database: see whether/),
      ])
    }),
  )

  test(
    'keeps tokens apart that differ only in case',
    withMysql(async (bench) => {
      const { table, provider, connection } = await openOn(bench)
      const tokens = ['aB', 'Ab', 'AB', 'ab'].map((two) => parsePageToken(two.repeat(16)) as PageToken)
      for (const token of tokens) await provider.store(token, samplePage({ url: `/${token}` }))
      expect(await countRows(connection, table)).toBe(4)
      for (const token of tokens) expect((await provider.pull(token))?.url).toBe(`/${token}`)
    }),
  )

  test.each([
    ['is foreign', `'<html>not a record</html>'`],
    ['is empty', `''`],
    ['was cut short', 'LEFT(record, LENGTH(record) - 1)'],
    ['has another byte before its body', `INSERT(record, 20, 1, '!')`],
  ])('gives a miss for a record that %s, on either way of taking', async (_damage, expression) => {
    await withMysql(async (bench) => {
      for (const taking of [undefined, 'optimistic'] as const) {
        const { table, provider, connection } = await openOn(bench, {}, taking)
        const token = createPageToken()
        await provider.store(token, samplePage())
        await connection.query(`UPDATE ${table} SET record = ${expression}`)
        expect(await provider.peek(token)).toBeUndefined()
        expect(await provider.pull(token)).toBeUndefined()
      }
    })()
  })
})

/** A provider on a table of its own that does not exist yet, and a connection to the same database. */
async function openOn(bench: MysqlBench, settings: { createTable?: boolean } = {}, taking?: 'optimistic') {
  const table = newTable()
  const connection = await bench.connection(mysqlUrl())
  bench.onEnd(() => connection.query(`DROP TABLE IF EXISTS ${table}`))
  const provider = bench.provider({ location: mysqlUrl(), table, ...settings }, taking && { taking })
  return { table, provider, connection }
}
