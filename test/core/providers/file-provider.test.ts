// The file provider: the conformance suite, and what lies in its folder.
import { afterAll, describe, expect, test } from '@jest/globals'
import { createPageToken, type PageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { describeCacheProvider } from '@facsimile/core/testing'
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileOf, withProvider } from './file-folder.js'
import { samplePage, storeSome } from './sample-page.js'

const suiteFolder = mkdtempSync(join(tmpdir(), 'facsimile-'))
const suiteDirectory = join(suiteFolder, 'pages')

describeCacheProvider('file', {
  open: () => createFileProvider({ directory: suiteDirectory }),
  test,
  describe,
  async breakStore() {
    await rename(suiteDirectory, `${suiteDirectory}.away`)
    await writeFile(suiteDirectory, '')
    return async () => {
      await rm(suiteDirectory)
      await rename(`${suiteDirectory}.away`, suiteDirectory)
    }
  },
})

afterAll(() => rm(suiteFolder, { recursive: true, force: true }))

describe('the folder of the file provider', () => {
  test('is made with its parents for the owner alone, and so is every file, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      await withProvider({}, async (provider, directory) => {
        const token = createPageToken()
        await provider.store(token, samplePage())
        expect(await modeOf(directory)).toBe(0o700)
        expect(await modeOf(join(directory, fileOf(token)))).toBe(0o600)
      })
    } finally {
      process.umask(before)
    }
  })

  test('shows no token in a listing, and the expiry as the time of the file', async () => {
    await withProvider({}, async (provider, directory) => {
      const [token, page] = [createPageToken(), samplePage()]
      await provider.store(token, page)
      expect(await readdir(directory)).toEqual([fileOf(token)])
      expect(Math.round((await stat(join(directory, fileOf(token)))).mtimeMs)).toBe(page.expiresAt)
    })
  })

  test('keeps the body of a page as it is, behind its head', async () => {
    await withProvider({}, async (provider, directory) => {
      const [token, page] = [createPageToken(), samplePage({ body: Buffer.from([0xff, 0x00, 0xfe]) })]
      await provider.store(token, page)
      const file = await readFile(join(directory, fileOf(token)))
      expect(file.subarray(0, 4).toString()).toBe('FCS1')
      expect(file.subarray(-3).equals(page.body)).toBe(true)
    })
  })

  test('is empty after pulls, removals and cancelled stores', async () => {
    await withProvider({}, async (provider, directory) => {
      const [pulled, removed] = (await storeSome(provider, 2)) as [PageToken, PageToken]
      await provider.pull(pulled)
      await provider.remove(removed)
      for (let turns = 0; turns < 20; turns++) {
        const caller = new AbortController()
        const token = createPageToken()
        const stored = provider.store(token, samplePage({ body: Buffer.alloc(200_000) }), { signal: caller.signal })
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        caller.abort()
        const [outcome] = await Promise.allSettled([stored])
        if (outcome.status === 'fulfilled') await provider.remove(token)
      }
      await provider.close() // waits for what a cancelled store still has to tidy up
      const left = await readdir(directory)
      expect(left.filter((name) => !name.endsWith('.page'))).toEqual([])
    })
  })

  test.each(Object.entries(damages()))('gives a miss for a file that %s, and removes it', async (_damage, damage) => {
    await withProvider({}, async (provider, directory) => {
      for (const call of ['pull', 'peek', 'remove'] as const) {
        const token = createPageToken()
        await provider.store(token, samplePage())
        await damage(join(directory, fileOf(token)))
        expect(await provider[call](token)).toBe(call === 'remove' ? false : undefined)
        expect(await readdir(directory)).toEqual([])
      }
    })
  })
})

test.each([undefined, '', 'a\0b', 7])('createFileProvider refuses the directory %j', (directory) => {
  const create = () => createFileProvider({ directory: directory as string })
  expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
  expect(create).toThrow(`directory is ${JSON.stringify(directory)}; name the folder`)
})

/** Ways in which a page file can go wrong. */
function damages(): Record<string, (path: string) => Promise<unknown>> {
  return {
    'was cut short': async (path) => truncate(path, (await stat(path)).size - 1),
    'is empty': (path) => truncate(path, 0),
    'somebody else wrote': (path) => writeFile(path, '<html>not a record</html>'),
    'has one byte that changed': async (path) => {
      const file = await open(path, 'r+')
      await file.write(Buffer.from('!'), 0, 1, (await file.stat()).size - 2)
      await file.close()
    },
    'is a link to another file': async (path) => {
      await rm(path)
      await symlink('/etc/hosts', path)
    },
    'is a pipe': async (path) => {
      await rm(path)
      await promisify(execFile)('mkfifo', [path])
    },
  }
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}
