// A pool that the user made for purposes of their own: used as it is, and left open.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createPool, type PoolOptions } from 'mysql2/promise'
import { samplePage } from '../core/providers/sample-page.js'
import { countRows, faultOf, newTable, withMysql, worksAgain } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

describe('a pool of the user', () => {
  test(
    'is used for pages of a table, whatever its settings, and left open by close()',
    withMysql(async (bench) => {
      const table = newTable()
      const pool = createPool({
        uri: mysqlUrl(),
        rowsAsArray: true,
        namedPlaceholders: true,
        dateStrings: true,
        typeCast: () => 'nothing',
        multipleStatements: true,
      })
      bench.onEnd(() => pool.end())
      for (const given of [pool, pool.pool]) {
        const provider = bench.provider({ pool: given, table })
        const [token, page] = [createPageToken(), samplePage()]
        await provider.store(token, page)
        expect(await provider.pull(token)).toEqual(page)
        expect(await provider.check()).toEqual([])
        await provider.close()
      }
      const connection = await bench.connection(mysqlUrl())
      expect(await countRows(connection, table)).toBe(0)
      await pool.query(`DROP TABLE ${table}`)
    }),
  )

  test.each<[string, PoolOptions]>([
    ['rows as lists', { rowsAsArray: true }],
    ['columns by table', { nestTables: true }],
    ['columns by table and name', { nestTables: '_' }],
    ['values of its own', { typeCast: () => 'nothing' }],
    ['values as they come', { typeCast: false }],
  ])('that makes %s of an answer gives pages as they were stored', async (_name, options) => {
    await withMysql(async (bench) => {
      const table = newTable()
      const pool = createPool({ uri: mysqlUrl(), ...options })
      bench.onEnd(() => pool.end())
      bench.onEnd(() => pool.query(`DROP TABLE IF EXISTS ${table}`))
      const provider = bench.provider({ pool, table })
      const [token, page] = [createPageToken(), samplePage()]
      await provider.store(token, page)
      expect(await provider.peek(token)).toEqual(page)
      expect(await provider.pull(token)).toEqual(page)
    })()
  })

  test(
    'without a free connection is waited for in vain, and a connection that comes too late goes back to it',
    withMysql(async (bench) => {
      const table = newTable()
      const pool = createPool({ uri: mysqlUrl(), connectionLimit: 1 })
      bench.onEnd(() => pool.end())
      const provider = bench.provider({ pool, table, timeoutMs: 100 })
      bench.onEnd(() => pool.query(`DROP TABLE IF EXISTS ${table}`))
      await worksAgain(provider)
      const taken = await pool.getConnection()
      const fault = await faultOf(provider)
      expect(fault).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
      expect(fault.message).toMatch(/no connection was made or became free in time/)
      taken.release()
      await worksAgain(provider)
    }),
  )

  test(
    'that was ended is told of',
    withMysql(async (bench) => {
      const pool = createPool(mysqlUrl())
      await pool.end()
      expect((await faultOf(bench.provider({ pool }))).message).toMatch(/the pool that was given is closed/)
    }),
  )

  test(
    'that has chosen no database needs one in the name of the table',
    withMysql(async (bench) => {
      const url = new URL(mysqlUrl())
      const database = url.pathname.slice(1)
      url.pathname = ''
      const pool = createPool(url.href)
      bench.onEnd(() => pool.end())
      expect((await faultOf(bench.provider({ pool }))).message).toMatch(/no database: give the pool one/)
      const table = newTable()
      await worksAgain(bench.provider({ pool, table: `${database}.${table}` }))
      await pool.query(`DROP TABLE ${database}.${table}`)
    }),
  )
})
