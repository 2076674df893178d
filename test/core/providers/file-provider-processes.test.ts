// The file provider between processes: one winner among all of them, and nothing that keeps one alive.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { execFile, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { samplePage, withFolder } from './sample-page.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'race.mjs')
const LEAVE_OPEN = join(import.meta.dirname, 'workers', 'leave-open.mjs')

const PROCESSES = 3
const ROUNDS = 200
const DEADLINE_MS = 60_000

describe('the file provider among processes', () => {
  test(
    'gives each page to exactly one of 50 pulls in each of three processes, 200 times',
    () =>
      withFolder(async (folder) => {
        const directory = join(folder, 'pages')
        const provider = createFileProvider({ directory })
        const racers = Array.from({ length: PROCESSES }, () => fork(RACE, [directory], { execArgv: [] }))
        try {
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
          expect(await readdir(directory)).toEqual([])
          await Promise.all(racers.map(async (racer) => (racer.send('close'), once(racer, 'exit', deadline()))))
        } finally {
          racers.forEach((racer) => racer.kill('SIGKILL'))
          await provider.close()
        }
      }),
    DEADLINE_MS,
  )

  test('finds what another process stored', () =>
    withFolder(async (folder) => {
      await run(LEAVE_OPEN, `file:${folder}`)
      expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.page$/)])
    }))
})

describe.each(['memory', 'file'])('the %s provider', (scheme) => {
  test('lets a process end that never closed it', () =>
    withFolder(async (folder) => {
      expect(await run(LEAVE_OPEN, scheme === 'file' ? `file:${folder}` : 'memory:')).toBe('stored\n')
    }))
})

async function run(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { timeout: 20_000 })
  return stdout
}

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
