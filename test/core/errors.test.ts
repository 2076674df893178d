// Every code that an error can carry, provoked through the public functions.
import { afterEach, expect, jest, test } from '@jest/globals'
import {
  createPageStore,
  createPageToken,
  ERROR_CODES,
  FacsimileError,
  loadOptionalPackage,
  openCacheProvider,
  resolveSettings,
  type CacheProvider,
  type CapturedPage,
  type ErrorCode,
} from '@facsimile/core'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

afterEach(() => void jest.useRealTimers())

const PROVOCATIONS: Record<ErrorCode, () => unknown> = {
  SETTINGS_INVALID: () => resolveSettings({ sampleRatio: 2 }),
  ADDRESS_INVALID: () => resolveSettings({ allowedAddresses: ['300.0.0.1'] }),
  LOCATION_INVALID: () => openCacheProvider('nosuch:'),
  PAGE_TOO_LARGE: () => openCacheProvider('memory:', { maxCachedBytes: 1 }).store(createPageToken(), page()),
  PROVIDER_CLOSED: async () => {
    const provider = openCacheProvider('memory:')
    await provider.close()
    await provider.pull(createPageToken())
  },
  PROVIDER_FAILED: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facsimile-test-'))
    try {
      await writeFile(join(folder, 'file'), '')
      await openCacheProvider(`file:${folder}/file`).pull(createPageToken())
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  PROVIDER_TIMEOUT: async () => {
    jest.useFakeTimers()
    const answer = storeOf({ pull: () => new Promise(() => undefined) }).fetch(createPageToken(), 'pull')
    jest.advanceTimersByTime(1_000)
    await answer
  },
  PROVIDER_OVERLOADED: async () => {
    const pages = storeOf({ openSink: () => ({ add: ignore, discard: ignore, store: () => Promise.resolve() }) })
    await new Promise((_, reject) => {
      const listener = (message: unknown) => reject((message as { error: FacsimileError }).error)
      subscribe('facsimile:lost', listener)
      for (let time = 0; time < 65; time++) pages.keep(createPageToken(), page(), pages.capture(1))
      unsubscribe('facsimile:lost', listener)
    })
  },
  PROVIDER_PAUSED: async () => {
    const pages = storeOf({ pull: () => Promise.reject(new Error('down')) })
    for (let time = 0; time < 5; time++) await Promise.allSettled([pages.fetch(createPageToken(), 'pull')])
    await pages.fetch(createPageToken(), 'pull')
  },
  PACKAGE_MISSING: () => loadOptionalPackage('no-such-package', import.meta.url, 'This test'),
}

test.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s can be met, as our error with a sentence', async (code) => {
  const error: unknown = await Promise.resolve()
    .then(() => PROVOCATIONS[code]())
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(FacsimileError)
  expect(error).toMatchObject({ name: 'FacsimileError', code })
  expect((error as FacsimileError).message).toMatch(/^[\s\S]{20,400}$/)
})

test('every code has a sentence of its own', () => {
  const sentences = Object.values(ERROR_CODES)
  expect(new Set(sentences).size).toBe(sentences.length)
  for (const sentence of sentences)
    expect(sentence).toMatch(/^an? [a-z].*[a-z)]$|^the [a-z].*[a-z]$|^too many [a-z].*[a-z]$/)
})

test('an error keeps its cause', () => {
  const cause = new Error('inner')
  expect(new FacsimileError('PROVIDER_FAILED', 'outer', { cause })).toMatchObject({ cause, message: 'outer' })
})

function storeOf(methods: Partial<CacheProvider>) {
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  return createPageStore({ ...openCacheProvider('memory:'), ...methods }, silent)
}

function ignore(): void {
  // A logger that says nothing.
}

function page(): CapturedPage {
  const now = Date.now()
  return {
    url: '/',
    method: 'GET',
    status: 200,
    contentType: 'text/html',
    capturedAt: now,
    expiresAt: now + 60_000,
    body: Buffer.from('page'),
  }
}
