// The file provider over time: bounds within and between processes, the clock, the sweep.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createPageToken, type CacheProvider, type PageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileOf, SWEEP_OFTEN, withProvider } from './file-folder.js'
import { eventually, samplePage, storeSome, whichAreKept, withFolder } from './sample-page.js'

const HOUR_MS = 3_600_000

afterEach(() => {
  jest.restoreAllMocks()
})

describe('the bounds of the file provider', () => {
  test('let the page go first that was stored first, whether it was peeked at or not', async () => {
    await withProvider({ maxCachedPages: 3 }, async (provider, directory) => {
      const tokens = await storeSome(provider, 3)
      await provider.peek(tokens[0] as PageToken)
      tokens.push(...(await storeSome(provider, 1)))
      expect(await whichAreKept(provider, tokens)).toEqual([false, true, true, true])
      expect(await readdir(directory)).toHaveLength(3)
    })
  })

  test('count a page that is stored again as the youngest', async () => {
    await withProvider({ maxCachedPages: 3 }, async (provider) => {
      const tokens = await storeSome(provider, 3)
      await provider.store(tokens[0] as PageToken, samplePage())
      tokens.push(...(await storeSome(provider, 1)))
      expect(await whichAreKept(provider, tokens)).toEqual([true, false, true, true])
    })
  })

  test('hold by bytes too, oldest first', async () => {
    await withProvider({ maxCachedBytes: 35_000 }, async (provider) => {
      const tokens = await storeSome(provider, 5, 10_000)
      expect(await whichAreKept(provider, tokens)).toEqual([false, false, true, true, true])
    })
  })

  test('refuse a page that can never fit before anything is written', async () => {
    await withProvider({ maxCachedBytes: 20_000 }, async (provider, directory) => {
      const refused = provider.store(createPageToken(), samplePage({ body: Buffer.alloc(20_000) }))
      await expect(refused).rejects.toMatchObject({ code: 'PAGE_TOO_LARGE' })
      expect(await readdir(directory)).toEqual([])
    })
  })

  test('hold for pages that an earlier process left, oldest first', async () => {
    await withFolder(async (folder) => {
      const directory = join(folder, 'pages')
      const earlier = createFileProvider({ directory })
      const tokens = await storeSome(earlier, 6)
      await earlier.close()
      const later = createFileProvider({ directory, maxCachedPages: 4 }, SWEEP_OFTEN)
      tokens.push(...(await storeSome(later, 2)))
      await eventually('four pages are left', async () => (await readdir(directory)).length === 4)
      expect((await whichAreKept(later, tokens)).slice(-2)).toEqual([true, true])
      await later.close()
    })
  })

  test('hold for the pages of two processes together, once the sweep has seen them', async () => {
    await withFolder(async (folder) => {
      const directory = join(folder, 'pages')
      const [one, other] = [1, 2].map(() => createFileProvider({ directory, maxCachedPages: 5 }, SWEEP_OFTEN)) as [
        CacheProvider,
        CacheProvider,
      ]
      const older = await storeSome(one, 4)
      await clockMovesOn(folder)
      const younger = await storeSome(other, 4)
      await eventually('five pages are left', async () => (await readdir(directory)).length === 5)
      expect(await whichAreKept(one, younger)).toEqual([true, true, true, true])
      expect((await whichAreKept(one, older)).filter(Boolean)).toHaveLength(1)
      await Promise.all([one.close(), other.close()])
    })
  })
})

describe('the clock of the file provider', () => {
  test.each([HOUR_MS, -HOUR_MS])('is not moved by a jump of the system clock of %d ms', async (jumpMs) => {
    await withProvider({}, async (provider, directory) => {
      const kept = createPageToken()
      const short = createPageToken()
      await provider.store(kept, samplePage())
      await provider.store(short, samplePage({ expiresAt: Date.now() + 100 }))
      const realNow = Date.now.bind(Date)
      jest.spyOn(Date, 'now').mockImplementation(() => realNow() + jumpMs)
      await eventually(
        'the sweep removes the short-lived page alone',
        async () => (await readdir(directory)).length === 1,
      )
      expect(await provider.pull(short)).toBeUndefined()
      expect(await provider.pull(kept)).toBeDefined()
    })
  })

  test('counts by the record when another process stored a page with another deadline under the token', async () => {
    await withFolder(async (folder) => {
      const directory = join(folder, 'pages')
      const [one, other] = [1, 2].map(() => createFileProvider({ directory }, SWEEP_OFTEN)) as [
        CacheProvider,
        CacheProvider,
      ]
      const token = createPageToken()
      const short = samplePage({ expiresAt: Date.now() + 60 })
      await one.store(token, short)
      await other.store(token, samplePage({ url: '/longer' }))
      await eventually('the first deadline is past', () => Promise.resolve(Date.now() > short.expiresAt + 100))
      expect((await one.pull(token))?.url).toBe('/longer')
      await Promise.all([one.close(), other.close()])
    })
  })
})

describe('the sweep of the file provider', () => {
  test('removes the expired pages of a process that is gone', async () => {
    await withFolder(async (folder) => {
      const directory = join(folder, 'pages')
      const gone = createFileProvider({ directory })
      await gone.store(createPageToken(), samplePage({ expiresAt: Date.now() + 50 }))
      await gone.store(createPageToken(), samplePage())
      await gone.close()
      const provider = createFileProvider({ directory }, SWEEP_OFTEN)
      await provider.pull(createPageToken())
      await eventually('one page is left', async () => (await readdir(directory)).length === 1)
      await provider.close()
    })
  })

  test('removes what dead processes left half-way, after a minute, and no name but its own', async () => {
    await withProvider({}, async (provider, directory) => {
      const token = createPageToken()
      await provider.store(token, samplePage())
      const hash = 'ab'.repeat(32)
      const leftovers = [`${hash}.0123456789abcdef.new`, `${hash}.0123456789abcdef.taken`]
      const foreign = ['notes.txt', `${hash}.page.bak`, `${hash.toUpperCase()}.page`, `${hash}.new`, '.hidden']
      for (const name of [...leftovers, ...foreign]) await writeFile(join(directory, name), 'x')
      await mkdir(join(directory, 'folder'))

      await storeAndAwaitSweep(provider, directory)
      expect(await readdir(directory)).toEqual(expect.arrayContaining(leftovers))

      const realNow = Date.now.bind(Date)
      jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 61_000)
      await eventually('the leftovers are gone', async () => {
        const names = await readdir(directory)
        return !leftovers.some((name) => names.includes(name))
      })
      expect(await readdir(directory)).toEqual(expect.arrayContaining([...foreign, 'folder', fileOf(token)]))
    })
  })

  test('goes on after the folder was away for a while', async () => {
    await withProvider({}, async (provider, directory) => {
      await provider.store(createPageToken(), samplePage())
      await rm(directory, { recursive: true })
      await provider.store(createPageToken(), samplePage())
      await storeAndAwaitSweep(provider, directory)
      expect(await readdir(directory)).toHaveLength(1)
    })
  })
})

/** Stores a page that expires at once and waits until the sweep has removed it: so a whole sweep has passed. */
async function storeAndAwaitSweep(provider: CacheProvider, directory: string): Promise<void> {
  const token = createPageToken()
  await provider.store(token, samplePage({ expiresAt: Date.now() + 50 }))
  await eventually('a sweep has passed', async () => !(await readdir(directory)).includes(fileOf(token)))
}

/** Waits until a new file is younger than all before it: a file system's clock may be a coarse one. */
async function clockMovesOn(folder: string): Promise<void> {
  const file = join(folder, 'clock')
  await writeFile(file, '')
  const { ctimeMs } = await stat(file)
  await eventually('the clock of the file system moves on', async () => {
    await writeFile(file, 'later')
    return (await stat(file)).ctimeMs > ctimeMs
  })
}
