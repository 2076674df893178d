// The memory provider: the conformance suite, its bounds, its clock and what it does not copy.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createPageToken, type CacheProvider, type PageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { describeCacheProvider } from '@facsimile/core/testing'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { samplePage, storeSome, whichAreKept } from './sample-page.js'

describeCacheProvider('memory', { open: () => createMemoryProvider(), test, describe, shared: false })

const HOUR_MS = 3_600_000

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

describe('the usage of the memory provider', () => {
  test('is told with its bounds, and without pages that have expired', async () => {
    const time = { now: () => 0 }
    const provider = createMemoryProvider({ maxCachedPages: 30, maxCachedBytes: 100_000 }, time)
    await storeSome(provider, 2, 10_000)
    await provider.store(createPageToken(), samplePage({ expiresAt: Date.now() + 1_000, body: Buffer.alloc(50_000) }))
    expect(await provider.usage?.()).toMatchObject({ pages: 3, maxPages: 30, maxBytes: 100_000 })
    time.now = () => 1_001
    const { pages, bytes } = (await provider.usage?.()) ?? {}
    expect(pages).toBe(2)
    expect(bytes).toBeGreaterThan(20_000)
    expect(bytes).toBeLessThan(22_000)
    await provider.close()
  })
})

describe('the bounds of the memory provider', () => {
  test('let the page go first that was stored first, whether it was peeked at or not', async () => {
    const provider = createMemoryProvider({ maxCachedPages: 3 })
    const tokens = await storeSome(provider, 3)
    await provider.peek(tokens[0] as PageToken)
    tokens.push(...(await storeSome(provider, 1)))
    expect(await whichAreKept(provider, tokens)).toEqual([false, true, true, true])
    await provider.close()
  })

  test('count a page that is stored again as the youngest', async () => {
    const provider = createMemoryProvider({ maxCachedPages: 3 })
    const tokens = await storeSome(provider, 3)
    await provider.store(tokens[0] as PageToken, samplePage())
    tokens.push(...(await storeSome(provider, 1)))
    expect(await whichAreKept(provider, tokens)).toEqual([true, false, true, true])
    await provider.close()
  })

  test('make room for a page that has been pulled or removed', async () => {
    const provider = createMemoryProvider({ maxCachedPages: 3 })
    const tokens = await storeSome(provider, 3)
    await provider.pull(tokens[0] as PageToken)
    await provider.remove(tokens[1] as PageToken)
    tokens.push(...(await storeSome(provider, 2)))
    expect(await whichAreKept(provider, tokens)).toEqual([false, false, true, true, true])
    await provider.close()
  })

  test('hold by bytes too, oldest first', async () => {
    const provider = createMemoryProvider({ maxCachedBytes: 35_000 })
    const tokens = await storeSome(provider, 5, 10_000)
    expect(await whichAreKept(provider, tokens)).toEqual([false, false, true, true, true])
    await provider.close()
  })

  test('count metadata, so that a million empty pages are not free', async () => {
    const provider = createMemoryProvider({ maxCachedBytes: 10_000 })
    const tokens = await storeSome(provider, 100, 0)
    const kept = (await whichAreKept(provider, tokens)).filter(Boolean).length
    expect(kept).toBeGreaterThan(10)
    expect(kept).toBeLessThan(50)
    await provider.close()
  })

  test('refuse a page that can never fit, and leave the others where they are', async () => {
    const provider = createMemoryProvider({ maxCachedBytes: 20_000 })
    const tokens = await storeSome(provider, 1, 10_000)
    const refused = provider.store(createPageToken(), samplePage({ body: Buffer.alloc(20_000) }))
    await expect(refused).rejects.toMatchObject({ code: 'PAGE_TOO_LARGE' })
    await expect(refused).rejects.toThrow(/20\d\d\d bytes.*maxCachedBytes = 20000; raise maxCachedBytes/)
    expect(await whichAreKept(provider, tokens)).toEqual([true])
    await provider.close()
  })
})

describe('the clock of the memory provider', () => {
  test.each([HOUR_MS, -HOUR_MS])('is not moved by a jump of the system clock of %d ms', async (jumpMs) => {
    const clock = { nowMs: 5, now: () => clock.nowMs }
    const provider = createMemoryProvider({}, clock)
    const token = createPageToken()
    await provider.store(token, samplePage())
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + jumpMs)
    clock.nowMs += 59_990
    expect(await provider.peek(token)).toBeDefined()
    clock.nowMs += 10
    expect(await provider.peek(token)).toBeUndefined()
    expect(await provider.remove(token)).toBe(false)
    await provider.close()
  })

  test('counts a pause of the process while it stores against the page, and never for it', async () => {
    const clock = { nowMs: 0, now: () => clock.nowMs }
    const provider = createMemoryProvider({}, clock)
    const [token, page] = [createPageToken(), samplePage()]
    const realNow = Date.now.bind(Date)
    jest.spyOn(Date, 'now').mockImplementationOnce(() => {
      clock.nowMs += 500 // the process is put to sleep as soon as it has asked for the time
      return realNow()
    })
    await provider.store(token, page)
    clock.nowMs = page.expiresAt - page.capturedAt
    expect(await provider.pull(token)).toBeUndefined()
    await provider.close()
  })

  test('lets expired pages go even when nobody asks for them', async () => {
    jest.useFakeTimers()
    const provider = createMemoryProvider()
    const body = await storeAndForget(provider)
    await jest.advanceTimersByTimeAsync(10_000)
    collectGarbage()
    expect(body.deref()).toBeUndefined()
    await provider.close()
  })
})

test('the memory provider has copied the body when store() returns, as it says', async () => {
  const provider = createMemoryProvider()
  const [token, page] = [createPageToken(), samplePage()]
  const body = Buffer.from(page.body)
  const stored = provider.store(token, { ...page, body })
  body.fill(0)
  await stored
  expect((await provider.peek(token))?.body.equals(page.body)).toBe(true)
  expect((await provider.pull(token))?.body.equals(page.body)).toBe(true)
  await provider.close()
})

test('the memory provider forgets its pages when it is closed', async () => {
  const provider = createMemoryProvider()
  const body = await storeAndForget(provider)
  await provider.close()
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(body.deref()).toBeUndefined()
})

/** Stores a page for a second and keeps no reference to its body but a weak one. */
async function storeAndForget(provider: CacheProvider): Promise<WeakRef<Buffer>> {
  const body = Buffer.alloc(100_000)
  await provider.store(createPageToken(), samplePage({ expiresAt: Date.now() + 1_000, body }))
  return new WeakRef(body)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
