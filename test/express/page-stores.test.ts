// Stores of earlier settings: they stay for the pages in them, and no longer, and never too many of them.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createEventSource,
  createPageToken,
  createSafeLogger,
  resolveSettings,
  type FacsimileSettings,
  type PageToken,
} from '@facsimile/core'
import { createPageStores, type PageStores } from '../../packages/express/src/page-stores.js'

const BODY = Buffer.from('<p>Tea</p>')

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }))
afterEach(() => void jest.useRealTimers())

function createStores(): PageStores & { readonly warnings: string[] } {
  const warnings: string[] = []
  const quiet = () => undefined
  const warn = (_fields: object, message: string) => void warnings.push(message)
  const logger = createSafeLogger({ debug: quiet, info: quiet, warn, error: quiet })
  return Object.assign(createPageStores(logger, createEventSource()), { warnings })
}

/** Stores a page under `settings`, which come into force with it. */
async function storeUnder(stores: PageStores, settings: FacsimileSettings): Promise<PageToken> {
  const resolved = resolveSettings(settings)
  const pages = stores.use(resolved)
  if (pages === undefined) throw new Error('nothing is stored under these settings')
  const token = createPageToken()
  const body = pages.capture(BODY.length)
  body.hold(BODY, true)
  const capturedAt = Date.now()
  const expiresAt = capturedAt + resolved.maxCachedSeconds * 1000
  pages.expect(token)
  pages.keep(token, { url: '/', method: 'GET', status: 200, contentType: 'text/html', capturedAt, expiresAt }, body)
  await stores.arrival(token)
  return token
}

const isThere = async (stores: PageStores, token: PageToken) => (await stores.fetch(token, 'peek')) !== undefined

describe('a store of earlier settings', () => {
  test('stays until its last page expires, however short the lives became before it went', async () => {
    const stores = createStores()
    const long = await storeUnder(stores, { maxCachedSeconds: 3600 })
    await storeUnder(stores, { maxCachedSeconds: 1 })
    await storeUnder(stores, { maxCachedSeconds: 1, maxCachedPages: 5 })
    await jest.advanceTimersByTimeAsync(3_599_000)
    expect(await isThere(stores, long)).toBe(true)
    await jest.advanceTimersByTimeAsync(3_000)
    expect(await isThere(stores, long)).toBe(false)
  })

  test('is the one that goes on when a change is taken back', async () => {
    const stores = createStores()
    stores.use(resolveSettings({}))
    const { provider } = stores
    const page = await storeUnder(stores, {})
    await storeUnder(stores, { maxCachedPages: 5 })
    expect(stores.provider).not.toBe(provider)
    stores.use(resolveSettings({ deleteAfterPull: false }))
    expect(stores.provider).toBe(provider)
    await jest.advanceTimersByTimeAsync(50_000)
    const later = await storeUnder(stores, {})
    await jest.advanceTimersByTimeAsync(15_000)
    expect([await isThere(stores, page), await isThere(stores, later)]).toEqual([false, true])
  })

  test('is given up when eight others have come after it, and the log says so', async () => {
    const stores = createStores()
    const tokens: PageToken[] = []
    for (let maxCachedPages = 1; maxCachedPages <= 12; maxCachedPages++)
      tokens.push(await storeUnder(stores, { maxCachedPages }))
    const found = await Promise.all(tokens.map((token) => isThere(stores, token)))
    expect(found.map((is) => (is ? 'there' : 'gone'))).toEqual([
      ...Array.from({ length: 3 }, () => 'gone'),
      ...Array.from({ length: 9 }, () => 'there'),
    ])
    expect(stores.warnings).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/given up/)))
    await stores.close()
  })
})
