// The race between processes: 200 pages, each pulled 50 times at once by each of three processes.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from '@jest/globals'
import { createPageToken, type CacheProvider } from '@facsimile/core'
import { samplePage } from '../core/providers/sample-page.js'

const PROCESSES = 3
const ROUNDS = 200
const DEADLINE_MS = 120_000

/** Stores pages by `provider`; `worker` is a script that calls `race` (race-worker.mjs) with one of its own. */
export async function expectOneWinner(provider: CacheProvider, worker: string, args: readonly string[]): Promise<void> {
  const racers = Array.from({ length: PROCESSES }, () => fork(worker, [...args], { execArgv: [] }))
  try {
    await Promise.all(racers.map(messageOf))
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
    await Promise.all(racers.map(async (racer) => (racer.send('close'), exitOf(racer))))
  } finally {
    racers.forEach((racer) => racer.kill('SIGKILL'))
  }
}

/** The next message of a process. */
export async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message', deadline())) as [unknown]
  return message
}

/** Exit code and signal of a process that ends by itself. */
export async function exitOf(child: ChildProcess): Promise<unknown> {
  return once(child, 'exit', deadline())
}

function ask(racer: ChildProcess, token: string): Promise<string[]> {
  const answer = messageOf(racer)
  racer.send(token)
  return answer as Promise<string[]>
}

function deadline(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(DEADLINE_MS) }
}
