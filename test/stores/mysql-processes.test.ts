// The mysql provider between processes: one winner among all of them, with RETURNING and without.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { countRows, newTable, samplePage, withMysql } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'mysql-race.mjs')

const PROCESSES = 3
const ROUNDS = 200
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
      const racers = Array.from({ length: PROCESSES }, () =>
        fork(RACE, taking ? [location, taking] : [location], { execArgv: [] }),
      )
      bench.onEnd(() => racers.forEach((racer) => racer.kill('SIGKILL')))
      await Promise.all(racers.map(answerOf))
      const roundsWon = new Set<number>()
      for (let round = 0; round < ROUNDS; round++) {
        const token = createPageToken()
        const body = `page of round ${round} ${'x'.repeat(20_000)}`
        await provider.store(token, samplePage({ body: Buffer.from(body) }))
        const answers = await Promise.all(racers.map((racer) => ask(racer, token)))
        expect(answers.flat()).toEqual([body])
        roundsWon.add(answers.findIndex((pages) => pages.length > 0))
      }
      expect(roundsWon.size).toBeGreaterThan(1) // it was a race
      const connection = await bench.connection(mysqlUrl())
      expect(await countRows(connection, table)).toBe(0)
      await Promise.all(racers.map(async (racer) => (racer.send('close'), once(racer, 'exit', deadline()))))
      await connection.query(`DROP TABLE ${table}`)
    }),
    DEADLINE_MS,
  )
})

function ask(racer: ChildProcess, token: string): Promise<string[]> {
  const answer = answerOf(racer)
  racer.send(token)
  return answer as Promise<string[]>
}

async function answerOf(racer: ChildProcess): Promise<unknown> {
  const [message] = (await once(racer, 'message', deadline())) as [unknown]
  return message
}

function deadline(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(DEADLINE_MS) }
}
