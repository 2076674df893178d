// From a location string to a provider, or to an error that helps.
import { describe, expect, test } from '@jest/globals'
import { openCacheProvider, type FacsimileError } from '@facsimile/core'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createPageToken } from '@facsimile/core'
import { maskLocation } from '../../packages/core/src/mask-location.js'
import { samplePage, withFolder } from './providers/sample-page.js'

describe('openCacheProvider', () => {
  test('opens memory:', async () => {
    const provider = openCacheProvider('memory:')
    expect(provider.name).toBe('memory')
    await provider.close()
  })

  test('opens a file: location with an absolute path, a relative path or a file URL', async () => {
    await withFolder(async (folder) => {
      const paths = [join(folder, 'absolute'), relative(process.cwd(), join(folder, 'relative'))]
      const locations = [...paths.map((path) => `file:${path}`), pathToFileURL(join(folder, 'a url')).href]
      for (const location of locations) {
        const provider = openCacheProvider(location)
        expect(provider.name).toBe('file')
        await provider.store(createPageToken(), samplePage())
        await provider.close()
      }
      expect((await readdir(folder)).sort()).toEqual(['a url', 'absolute', 'relative'])
    })
  })

  test.each([
    ['redis://127.0.0.1:1/2?prefix=shop:', 'redis'],
    ['rediss://user:secret@cache.example', 'redis'],
    ['redis+sentinel://one.example,two.example/main', 'redis'],
    ['mysql://user:secret@127.0.0.1:1/pages?table=shop', 'mysql'],
    ['mariadb://user@db.example/pages', 'mysql'],
  ])('opens %s, and connects to nothing', async (location, name) => {
    const provider = openCacheProvider(location)
    expect(provider.name).toBe(name)
    await provider.close()
  })

  test.each(['redis://', 'redis://host/x', 'mysql://host', 'mysql://user@host/db?tabel=x'])(
    'refuses %s at once, in the words of its provider',
    (location) => expect(refusalOf(location).code).toBe('LOCATION_INVALID'),
  )

  test('reads the scheme in any case', async () => {
    const provider = openCacheProvider('Memory:')
    expect(provider.name).toBe('memory')
    await provider.close()
  })

  test('makes nothing before the first use', async () => {
    await withFolder(async (folder) => {
      const provider = openCacheProvider(`file:${join(folder, 'pages')}`)
      await provider.close()
      expect(existsSync(join(folder, 'pages'))).toBe(false)
    })
  })

  test('hands the bounds to the provider', async () => {
    const provider = openCacheProvider('memory:', { maxCachedBytes: 1_000 })
    await expect(provider.store(createPageToken(), samplePage({ body: Buffer.alloc(1_000) }))).rejects.toMatchObject({
      code: 'PAGE_TOO_LARGE',
    })
    await provider.close()
  })

  test.each([
    ['', 'has no scheme'],
    ['memory', 'has no scheme'],
    ['/var/lib/pages', 'has no scheme'],
    ['memory:big', 'is not of the form memory:'],
    ['file:', 'is not of the form file:<directory>'],
    ['file://', 'is not of the form file:<directory>'],
    ['file:///', 'is not of the form file:<directory>'],
    ['file://other-host/pages', 'is not of the form file:<directory>'],
    ['file:///pages?mode=1', 'is not of the form file:<directory>'],
    ['file:///pages%2Fescape', 'is not of the form file:<directory>'],
    ['file:a\0b', 'is not of the form file:<directory>'],
    ['ftp://host/pages', 'has an unknown scheme'],
    ['constructor:', 'has an unknown scheme'],
    ['__proto__:x', 'has no scheme'],
  ])('refuses %j and says that it %s, with the forms it knows', (location, problem) => {
    const error = refusalOf(location)
    expect(error.code).toBe('LOCATION_INVALID')
    expect(error.message).toContain(`${JSON.stringify(location)} ${problem}`)
    expect(error.message).toMatch(/; write memory: or file:<directory>/)
  })

  test('refuses what is not a string', () => {
    for (const value of [undefined, null, 7, {}]) {
      expect(refusalOf(value as string).code).toBe('LOCATION_INVALID')
    }
  })

  test.each([
    'nosuch://user:hunter2@host/0',
    'nosuch://:hunter2@host',
    'nosuch://user:hun@ter:hunter2@host/0',
    'nosuch:user:hunter2@host',
    'nosuch//:hunter2@host',
    'nosuch://host/0?password=hunter2&x=1',
    'nosuch://host/0?x=1&authToken=hunter2#end',
  ])('shows no password when it refuses %s', (location) => {
    const { message } = refusalOf(location)
    expect(message).not.toContain('hunter2')
    expect(message).toContain('***')
    expect(message).toContain('host')
  })

  test('leaves a location without a secret as it is when it is shown', () => {
    for (const location of ['memory:', 'file:/var/lib/pages', 'nosuch://host:6379/0?db=2']) {
      expect(maskLocation(location)).toBe(location)
    }
  })

  test.each([
    { maxCachedPages: 0 },
    { maxCachedPages: 1.5 },
    { maxCachedPages: Number.NaN },
    { maxCachedPages: 1e12 },
    { maxCachedPages: '10' },
    { maxCachedBytes: -1 },
    { maxCachedBytes: Number.POSITIVE_INFINITY },
    { maxCachedBytes: null },
  ])('refuses the bounds %p with the key, the value and the range', (bounds) => {
    for (const location of ['memory:', 'file:pages']) {
      const error = refusalOf(location, bounds as { maxCachedPages: number })
      const [[key, value] = []] = Object.entries(bounds)
      expect(error.code).toBe('SETTINGS_INVALID')
      expect(error.message).toContain(`${key} is ${typeof value === 'number' ? String(value) : JSON.stringify(value)}`)
      expect(error.message).toMatch(/whole number from 1 to \d+/)
    }
  })
})

function refusalOf(location: string, bounds?: Parameters<typeof openCacheProvider>[1]): FacsimileError {
  try {
    openCacheProvider(location, bounds)
  } catch (error) {
    return error as FacsimileError
  }
  throw new Error(`${location} was not refused`)
}
