// Keys: how they may be written, how they are changed, and that none is ever shown.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, FacsimileError } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { protectAtRest, type AtRestSettings, type EncryptionKey } from '@facsimile/core/at-rest'
import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { samplePage } from '../providers/sample-page.js'
import { createOpenStore, newKey, protectOpenStore } from './open-store.js'

const [current, previous, older] = [newKey(), newKey(), newKey()] as const

describe('a key', () => {
  test('is the same key as bytes, hex, base64 and base64url, with and without padding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
        const key = Buffer.from(bytes)
        const base64 = key.toString('base64')
        const base64url = key.toString('base64url')
        const hex = key.toString('hex')
        const forms = [key, bytes, hex, hex.toUpperCase(), base64, base64.slice(0, -1), base64url, `${base64url}=`]
        const store = createOpenStore()
        const [token, page] = [createPageToken(), samplePage()]
        await protectAtRest(store.provider, { encryptionKeys: [key] }).store(token, page)
        for (const form of forms) {
          expect(await protectAtRest(store.provider, { encryptionKeys: [form] }).peek(token)).toStrictEqual(page)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('may be wiped by its owner once protection is set up', async () => {
    const key = newKey()
    const { provider, store } = protectOpenStore({ encryptionKeys: [key] })
    const same = protectAtRest(store.provider, { encryptionKeys: [Buffer.from(key)] })
    key.fill(0)
    const [token, page] = [createPageToken(), samplePage()]
    await provider.store(token, page)
    expect(await same.pull(token)).toStrictEqual(page)
  })

  const text = current.toString('base64')
  test.each<[what: string, key: unknown, said: RegExp]>([
    ['a passphrase', 'correct horse battery staple and so on', /is a text of 38 characters that is no key/],
    ['nothing', undefined, /is missing/],
    ['an empty text', '', /is a text of 0 characters/],
    ['31 bytes', randomBytes(31), /has 31 bytes; give exactly 32/],
    ['33 bytes', randomBytes(33), /has 33 bytes/],
    ['hex of 31 bytes', randomBytes(31).toString('hex'), /is a text of 62 characters/],
    ['base64 of 33 bytes', randomBytes(33).toString('base64'), /is a text of 44 characters/],
    ['base64 with a line break', `${text}\n`, /is a text of 45 characters.*without spaces and line breaks/],
    ['two alphabets at once', `+_${'A'.repeat(41)}`, /is a text of 43 characters/],
    ['base64 with bits left over', `${'A'.repeat(42)}B=`, /is a text of 44 characters/],
    ['a number', 1234567890123456, /is no key/],
    ['a list', [...current], /is no key/],
  ])('cannot be %s, which is said with its position alone', (_what, key, said) => {
    for (const [position, keys] of [[key], [previous, older, key]].entries()) {
      const error = errorOf({ encryptionKeys: keys as EncryptionKey[] })
      expect(error.code).toBe('SETTINGS_INVALID')
      expect(error.message).toMatch(said)
      expect(error.message.startsWith(`encryptionKeys[${position * 2}] `)).toBe(true)
      if (key !== undefined && key !== '') expectNothingShown(error, [key])
      expectNothingShown(error, [previous, older])
    }
  })

  test('list must be a list with at least one key', () => {
    expect(errorOf({ encryptionKeys: [] })).toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/^encryptionKeys is empty; leave it out/) as unknown,
    })
    for (const keys of [text, current, { 0: text }, null, 7]) {
      const error = errorOf({ encryptionKeys: keys as never })
      expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
      expect(error.message).toMatch(/^encryptionKeys is no list; write \[currentKey\]/)
      expectNothingShown(error, [text])
    }
  })
})

describe('a change of keys', () => {
  test('opens pages of the previous keys, and seals with the first', async () => {
    const store = createOpenStore()
    const [old, oldest] = [createPageToken(), createPageToken()]
    const page = samplePage()
    await protectAtRest(store.provider, { encryptionKeys: [previous] }).store(old, page)
    await protectAtRest(store.provider, { encryptionKeys: [older, previous] }).store(oldest, page)
    const { provider, reasons } = protectOpenStore({ encryptionKeys: [current, previous, older] }, store)
    expect(await provider.pull(old)).toStrictEqual(page)
    expect(await provider.pull(oldest)).toStrictEqual(page)
    const token = createPageToken()
    await provider.store(token, page)
    expect(await protectAtRest(store.provider, { encryptionKeys: [current] }).peek(token)).toStrictEqual(page)
    expect(reasons).toEqual([])
  })

  test('loses the pages of a key that is gone, as an unknown key', async () => {
    const store = createOpenStore()
    const token = createPageToken()
    await protectAtRest(store.provider, { encryptionKeys: [previous] }).store(token, samplePage())
    for (const settings of [{ encryptionKeys: [current, older] }, { compression: 'gzip' as const }]) {
      const { provider, reasons } = protectOpenStore(settings, store)
      expect(await provider.peek(token)).toBeUndefined()
      expect(reasons).toEqual(['unknown-key'])
    }
  })

  test('does not open a page with a key that only claims to be the one', async () => {
    const { provider, store, reasons } = protectOpenStore({ encryptionKeys: [current, previous] })
    const token = createPageToken()
    await provider.store(token, samplePage())
    const second = createPageToken()
    await protectAtRest(store.provider, { encryptionKeys: [previous] }).store(second, samplePage())
    store.pages.get(second)?.body.copy(store.pages.get(token)?.body ?? Buffer.alloc(0), 6, 6, 14)
    expect(await provider.peek(token)).toBeUndefined()
    expect(reasons).toEqual(['damaged'])
  })
})

test('nothing of a key is shown when a protected provider is inspected, or fails', async () => {
  const provider = protectAtRest(createMemoryProvider({ maxCachedBytes: 500 }), {
    encryptionKeys: [current.toString('hex'), previous],
  })
  const failure: unknown = await provider
    .store(createPageToken(), samplePage({ body: Buffer.alloc(900) }))
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'PAGE_TOO_LARGE' })
  expectNothingShown(failure, [current, previous])
  expectNothingShown(provider, [current, previous])
  expectNothingShown(JSON.stringify(provider), [current, previous])
  await provider.close()
})

function errorOf(settings: AtRestSettings): FacsimileError {
  try {
    protectAtRest(createOpenStore().provider, settings)
  } catch (error) {
    if (error instanceof FacsimileError) return error
    throw error
  }
  throw new Error('the settings were taken')
}

/** Fails when six characters of a key stand anywhere in what is shown, however it is written there. */
function expectNothingShown(shown: unknown, keys: readonly unknown[]): void {
  const text = inspect(shown, { depth: null, showHidden: true, maxArrayLength: null })
  for (const key of keys) {
    for (const form of formsOf(key)) {
      for (let at = 0; at + 6 <= form.length; at++) expect(text).not.toContain(form.slice(at, at + 6))
    }
  }
}

function formsOf(key: unknown): readonly string[] {
  if (typeof key === 'string') return [key]
  if (!Buffer.isBuffer(key)) return [JSON.stringify(key)]
  const hex = key.toString('hex')
  return [
    hex,
    key.toString('base64'),
    key.toString('base64url'),
    hex.replace(/..(?!$)/g, '$& '),
    key.toString('latin1'),
  ]
}
