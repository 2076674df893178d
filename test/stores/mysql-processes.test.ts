// The mysql provider between processes: one winner among all of them, with RETURNING and without.
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { expectOneWinner } from '../support/race.js'
import { countRows, newTable, withMysql } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'mysql-race.mjs')

const DEADLINE_MS = 120_000

describe.each([
  ['with DELETE … RETURNING', undefined],
  ['by reading and then deleting', 'optimistic'],
] as const)('the mysql provider among processes, %s', (_way, taking) => {
  test(
    'gives each page to exactly one of 50 pulls in each of three processes, 200 times',
    withMysql(async (bench) => {
      const table = newTable()
      const location = `${mysqlUrl()}?table=${table}`
      const provider = bench.provider({ location, timeoutMs: 10_000 })
      await expectOneWinner(provider, RACE, taking ? [location, taking] : [location])
      const connection = await bench.connection(mysqlUrl())
      expect(await countRows(connection, table)).toBe(0)
      await connection.query(`DROP TABLE ${table}`)
    }),
    DEADLINE_MS,
  )
})
