// The Redis provider between processes: one winner among all of them, and processes that end once they have closed it.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { samplePage } from '../core/providers/sample-page.js'
import { freeze, withBench } from './support/redis-bench.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'redis-race.mjs')
const CLOSE = join(import.meta.dirname, 'workers', 'redis-close.mjs')

const PROCESSES = 3
const ROUNDS = 200
const DEADLINE_MS = 90_000

describe.each([
  ['with GETDEL', []],
  ['on a server that has no GETDEL', ['--rename-command', 'GETDEL', '']],
])('the redis provider among processes, %s,', (_kind, args) => {
  test(
    'gives each page to exactly one of 50 pulls in each of three processes, 200 times',
    withBench(async (bench) => {
      const server = await bench.server(...args)
      const provider = bench.provider({ location: server.url, prefix: 'race:', timeoutMs: 20_000 })
      const racers = Array.from({ length: PROCESSES }, () => fork(RACE, [server.url, 'race:'], { execArgv: [] }))
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
      expect(await (await bench.client(server.url)).dbsize()).toBe(0)
      await Promise.all(racers.map(async (racer) => (racer.send('close'), once(racer, 'exit', deadline()))))
    }),
    DEADLINE_MS,
  )
})

describe('a process that closes its redis provider', () => {
  test.each(['ready', 'frozen', 'gone'])('ends by itself when Redis is %s', async (state) => {
    await withBench(async (bench) => {
      const server = await bench.server()
      const worker = fork(CLOSE, [server.url], { execArgv: [] })
      bench.onEnd(() => worker.kill('SIGKILL'))
      await answerOf(worker) // it has stored a page
      if (state === 'frozen') bench.onEnd(await freeze(server))
      if (state === 'gone') await server.kill('SIGKILL')
      const exit = once(worker, 'exit', deadline())
      worker.send('close')
      expect(await exit).toEqual([0, null])
    })()
  })
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
