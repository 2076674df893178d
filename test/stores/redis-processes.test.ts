// The Redis provider between processes: one winner among all of them, and processes that end once they have closed it.
import { describe, expect, test } from '@jest/globals'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { exitOf, expectOneWinner, messageOf } from '../support/race.js'
import { freeze, withBench } from './support/redis-bench.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'redis-race.mjs')
const CLOSE = join(import.meta.dirname, 'workers', 'redis-close.mjs')

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
      await expectOneWinner(provider, RACE, [server.url, 'race:'])
      expect(await (await bench.client(server.url)).dbsize()).toBe(0)
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
      await messageOf(worker) // it has stored a page
      if (state === 'frozen') bench.onEnd(await freeze(server))
      if (state === 'gone') await server.kill('SIGKILL')
      const exit = exitOf(worker)
      worker.send('close')
      expect(await exit).toEqual([0, null])
    })()
  })
})
