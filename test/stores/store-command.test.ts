// `facsimile store` with real servers.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { samplePage } from '../core/providers/sample-page.js'
import { runCli } from '../cli/run-cli.js'
import { ask, countRows, newTable, withMysql, type MysqlBench } from './support/mysql-bench.js'
import { mysqlUrl, redisUrl } from './support/servers.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-store-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const store = (...args: readonly string[]) => runCli(['store', ...args], { cwd: folder })

describe('facsimile store with MariaDB', () => {
  test(
    'makes the table, also where the location leaves that to somebody else, and finds it the second time',
    withMysql(async (bench) => {
      const { table, location, connection } = await openOn(bench)
      const args = ['init', '--location', `${location}&createTable=false`]
      const first = await store(...args)
      expect(first).toMatchObject({ exitCode: 0, stderr: '' })
      expect(first.stdout).toContain(`The table ${table} is made, or was there already`)
      expect(await countRows(connection, table)).toBe(0)
      expect(await store(...args)).toEqual(first)
    }),
  )

  test(
    'prints the statement that makes the same table as the provider does, in the same place',
    withMysql(async (bench) => {
      const { url } = await bench.server()
      const connection = await bench.connection(url)
      const { stdout } = await store('init', '--print', '--location', url)
      expect(await ask(connection, 'SHOW TABLES')).toEqual([])
      await connection.query(stdout)
      const before = await ask(connection, 'SHOW CREATE TABLE facsimile_pages')
      await connection.query('DROP TABLE facsimile_pages')
      expect((await store('init', '--location', url)).exitCode).toBe(0)
      expect(await ask(connection, 'SHOW CREATE TABLE facsimile_pages')).toEqual(before)
    }),
  )

  test(
    'says what is wrong with a table that is another one',
    withMysql(async (bench) => {
      const { table, location, connection } = await openOn(bench)
      await connection.query(`CREATE TABLE ${table} (id INT PRIMARY KEY)`)
      for (const task of ['init', 'check']) {
        const run = await store(task, '--location', location)
        expect(run.exitCode).toBe(1)
        expect(run.stdout).toContain('column token is missing')
        expect(run.stdout).toContain('CREATE TABLE IF NOT EXISTS')
        expect(run.stderr).toMatch(/^error: .*\n {2}\S/)
      }
    }),
  )

  test(
    'says that the server refused, and not with which password',
    withMysql(async (bench) => {
      const { location } = await openOn(bench)
      const wrong = new URL(location)
      wrong.password = 'wrong-s3cret'
      const run = await store('check', '--location', wrong.href)
      expect(run.exitCode).toBe(1)
      expect(run.stdout).toMatch(/refuse|denie/)
      expect(run.stdout + run.stderr).not.toContain('s3cret')
    }),
  )

  test(
    'counts pages and removes the expired ones alone',
    withMysql(async (bench) => {
      const { table, location, connection } = await openOn(bench)
      expect((await store('init', '--location', location)).exitCode).toBe(0)
      const provider = bench.provider({ location })
      for (let page = 0; page < 3; page += 1) await provider.store(createPageToken(), samplePage())
      await connection.query(`UPDATE ${table} SET expires_at = 1 LIMIT 2`)

      const stats = await store('stats', '--location', location, '--json')
      const counted = JSON.parse(stats.stdout) as { bytes: number }
      expect(counted).toMatchObject({ command: 'stats', store: 'mysql', ok: true, pages: 3, expiredPages: 2 })
      expect(counted.bytes).toBeGreaterThan(0)

      expect((await store('sweep', '--location', location)).stdout).toBe('Removed 2 expired pages.\n')
      expect(await countRows(connection, table)).toBe(1)
      const again = await store('sweep', '--location', location, '--json')
      expect(JSON.parse(again.stdout)).toMatchObject({ removedPages: 0, isComplete: true })
    }),
  )

  test.each(['stats', 'sweep'])('%s makes no table', async (task) => {
    await withMysql(async (bench) => {
      const { table, location, connection } = await openOn(bench)
      const run = await store(task, '--location', location)
      expect(run).toMatchObject({ exitCode: 1, stdout: '' })
      expect(run.stderr).toContain('facsimile store init')
      expect(await ask(connection, `SHOW TABLES LIKE '${table}'`)).toEqual([])
    })()
  })
})

describe('facsimile store with Redis', () => {
  test.each([
    ['init', 'This is a redis store: nothing is to be made for it.\n'],
    ['check', 'redis is healthy.\n'],
    ['sweep', 'This is a redis store, and removes expired pages by itself.\n'],
    [
      'stats',
      expect.stringMatching(/^0 pages\. The whole server uses \d+ bytes (of its maxmemory|and has no maxmemory)/),
    ],
  ])('%s answers in a sentence', async (task, sentence) => {
    expect(await store(task, '--location', `${redisUrl()}/0?prefix=store-command:`)).toMatchObject({
      exitCode: 0,
      stdout: sentence,
    })
  })
})

/** A table of the test's own, not made yet, and dropped in the end. */
async function openOn(bench: MysqlBench) {
  const table = newTable()
  const location = `${mysqlUrl()}?table=${table}`
  const connection = await bench.connection(mysqlUrl())
  bench.onEnd(() => connection.query(`DROP TABLE IF EXISTS ${table}`))
  return { table, location, connection }
}
