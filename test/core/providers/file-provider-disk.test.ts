// The file provider on a disk that fails: an error that helps, nothing left behind, and good again afterwards.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CacheProvider, type FacsimileError } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { execFile } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { samplePage, withFolder } from './sample-page.js'

// The workers import the built package: `npm run build` comes first.
const SMALL_DISK = join(import.meta.dirname, 'workers', 'small-disk.mjs')
const LOWERED_USER = join(import.meta.dirname, 'workers', 'lowered-user.mjs')

// Two ways to a full disk. A limit on the size of files works for every user; a disk of 200 KB of its own needs the
// right to mount, in a namespace that ends with the process. Where that right is missing, the limit stands in again.
const LIMITED_FILES = 'ulimit -f 200; exec "$@"'
const TINY_DISK = `
  tiny='mount -t tmpfs -o size=200k,mode=700 none "$3"'
  if unshare -rm sh -c "$tiny" sh "$@" 2>/dev/null; then exec unshare -rm sh -c "$tiny && exec \\"\\$@\\"" sh "$@"; fi
  ${LIMITED_FILES}`

describe('a full disk', () => {
  test.each([
    ['a limit on the size of files', LIMITED_FILES, /^EFBIG$/],
    ['a disk of 200 KB, where it can be mounted', TINY_DISK, /^(?:ENOSPC|EFBIG)$/],
  ])('rejects the store, leaves no file and takes smaller pages: %s', (_way, shell, errno) =>
    withFolder(async (folder) => {
      const seen = await runJson('sh', ['-c', shell, 'sh', process.execPath, SMALL_DISK, folder])
      expect(seen).toMatchObject({ code: 'PROVIDER_FAILED', filesAfterFailure: [], large: true, small: 'small' })
      expect(seen['errno']).toMatch(errno)
      expect(seen['message']).toContain(`could not store a page in ${JSON.stringify(folder)}: ${String(seen['errno'])}`)
      expect(seen['message']).toContain('Free some space there, or set a smaller maxCachedBytes.')
    }),
  )
})

describe('a folder that cannot be written', () => {
  test('rejects every call with the remedy, says so in check(), and works again once it can be', () =>
    withFolder(async (folder) => {
      await chmod(folder, 0o755) // the worker gives up root's rights and must still get through
      const seen = await runJson(process.execPath, [LOWERED_USER, join(folder, 'pages')])
      const refused = {
        code: 'PROVIDER_FAILED',
        errno: 'EACCES',
        message: expect.stringMatching(/EACCES, permission denied\. Let the user that runs the server read, write/),
      }
      expect(seen).toEqual({
        healthy: [],
        before: 'stored',
        store: refused,
        pull: refused,
        remove: refused,
        check: [expect.stringMatching(/could not write a probe in ".*pages": EACCES/)],
        after: 'stored',
        pulled: 'page',
      })
    }))
})

describe('a folder that is not there or no folder', () => {
  test('is made again when it is removed while the server runs', () =>
    withDirectory(async (provider, directory) => {
      await provider.store(createPageToken(), samplePage())
      await rm(directory, { recursive: true })
      const token = createPageToken()
      await Promise.all([provider.store(token, samplePage()), provider.store(createPageToken(), samplePage())])
      expect(await provider.pull(token)).toBeDefined()
    }))

  test.each(['the folder itself', 'one above it'])('is refused with a remedy while a file stands there: %s', (which) =>
    withDirectory(async (provider, directory) => {
      const file = which === 'one above it' ? join(directory, '..') : directory
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, '')
      for (const call of callsOf(provider)) {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason as FacsimileError,
        )
        expect(error).toMatchObject({
          code: 'PROVIDER_FAILED',
          cause: { code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) },
        })
        expect(error?.message).toContain(`in ${JSON.stringify(directory)}: `)
        expect(error?.message).toContain('A file stands where the folder or one above it should be')
        expect(error?.message).not.toMatch(/[0-9a-f]{64}/)
      }
      expect(await provider.check()).toEqual([expect.stringContaining('A file stands where the folder')])
      await rm(file)
      await provider.store(createPageToken(), samplePage())
      expect(await provider.check()).toEqual([])
    }),
  )
})

describe('check() of the file provider', () => {
  test('says when other users can look into the folder, and how to stop it', () =>
    withDirectory(async (provider, directory) => {
      await mkdir(directory, { recursive: true })
      await chmod(directory, 0o755)
      const sentence = `Other users of this machine can look into ${JSON.stringify(directory)} (mode 755): run chmod 700 on it.`
      expect(await provider.check()).toEqual([sentence])
      await chmod(directory, 0o700)
      expect(await provider.check()).toEqual([])
    }))
})

function callsOf(provider: CacheProvider): (() => Promise<unknown>)[] {
  const token = createPageToken()
  return [
    () => provider.store(token, samplePage()),
    () => provider.pull(token),
    () => provider.peek(token),
    () => provider.remove(token),
  ]
}

async function withDirectory(use: (provider: CacheProvider, directory: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const directory = join(folder, 'some', 'pages')
    const provider = createFileProvider({ directory })
    try {
      await use(provider, directory)
    } finally {
      await provider.close()
    }
  })
}

async function runJson(command: string, args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 20_000 })
  return JSON.parse(stdout) as Record<string, unknown>
}
