// The file provider between processes: one winner among all of them, and nothing that keeps one alive.
import { describe, expect, test } from '@jest/globals'
import { createFileProvider } from '@facsimile/core/file'
import { execFile } from 'node:child_process'
import { readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expectOneWinner } from '../../support/race.js'
import { withFolder } from './sample-page.js'

// The workers import the built package, as a user's processes do: `npm run build` comes first.
const RACE = join(import.meta.dirname, 'workers', 'race.mjs')
const LEAVE_OPEN = join(import.meta.dirname, 'workers', 'leave-open.mjs')

const DEADLINE_MS = 60_000

describe('the file provider among processes', () => {
  test(
    'gives each page to exactly one of 50 pulls in each of three processes, 200 times',
    () =>
      withFolder(async (folder) => {
        const directory = join(folder, 'pages')
        const provider = createFileProvider({ directory })
        try {
          await expectOneWinner(provider, RACE, [directory])
          expect(await readdir(directory)).toEqual([])
        } finally {
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

  test('counts what another process stored, and neither expired pages nor files of others', () =>
    withFolder(async (folder) => {
      await run(LEAVE_OPEN, `file:${folder}`)
      const provider = createFileProvider({ directory: folder, maxCachedPages: 1 })
      try {
        const counted = await provider.usage?.()
        expect(counted).toMatchObject({ pages: 1, maxPages: 1 })
        const [name = ''] = await readdir(folder)
        expect(counted?.bytes).toBe((await stat(join(folder, name))).size)
        await writeFile(join(folder, 'notes.txt'), 'not ours')
        await utimes(join(folder, name), new Date(), new Date(Date.now() - 1))
        expect(await provider.usage?.()).toMatchObject({ pages: 0, bytes: 0 })
      } finally {
        await provider.close()
      }
      expect((await readdir(folder)).length).toBe(2)
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
