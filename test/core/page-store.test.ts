// The page store against the clock: deadlines, the breaker, and how long anybody waits for a page.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createPageStore,
  createPageToken,
  type CacheProvider,
  type CapturedPage,
  type Logger,
  type PageStore,
  type PageToken,
} from '@facsimile/core'

const MAX_PAGE_BYTES = 1_000_000
const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

function ignore(): void {
  // A logger that says nothing.
}

function pageOf(bytes = 4): CapturedPage {
  const body = Buffer.alloc(bytes, 'x')
  return { url: '/', method: 'GET', status: 200, contentType: 'text/html', capturedAt: 0, expiresAt: 60_000, body }
}

const TOO_LARGE = pageOf(MAX_PAGE_BYTES + 1)

/** Gives the store a page whose body was held, as a response does that was given whole. */
function keep(store: PageStore, token: PageToken, { body, ...page }: CapturedPage): void {
  const captured = store.capture(MAX_PAGE_BYTES)
  captured.hold(body, false)
  store.keep(token, page, captured)
}

function providerOf(methods: Partial<CacheProvider>): CacheProvider {
  const unused = () => Promise.reject(new Error('not expected'))
  return {
    name: 'test',
    store: unused,
    pull: unused,
    peek: unused,
    remove: unused,
    check: unused,
    close: unused,
    ...methods,
  }
}

const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )

describe('the breaker', () => {
  function site() {
    const state = { isDown: true, asked: 0 }
    const answer = () => {
      state.asked++
      return state.isDown ? Promise.reject(new Error('down')) : Promise.resolve(undefined)
    }
    const store = createPageStore(providerOf({ pull: answer, peek: answer }), SILENT)
    const fetch = () => outcomeOf(store.fetch(createPageToken(), 'pull'))
    return { state, fetch }
  }

  test('opens after five failures in a row, and a success in between starts the count again', async () => {
    const { state, fetch } = site()
    for (let time = 0; time < 4; time++) await fetch()
    state.isDown = false
    await fetch()
    state.isDown = true
    for (let time = 0; time < 5; time++) expect(await fetch()).toEqual({ error: new Error('down') })
    expect(await fetch()).toMatchObject({ error: { code: 'PROVIDER_PAUSED', cause: expect.any(Error) } })
    expect(state.asked).toBe(10)
  })

  test('lets one call try after five seconds, and is good again within ten when that succeeds', async () => {
    const { state, fetch } = site()
    for (let time = 0; time < 5; time++) await fetch()
    jest.advanceTimersByTime(4_999)
    await fetch()
    expect(state.asked).toBe(5)
    jest.advanceTimersByTime(1)
    await Promise.all([fetch(), fetch(), fetch()])
    expect(state.asked).toBe(6)
    state.isDown = false
    jest.advanceTimersByTime(5_000)
    expect(await Promise.all([fetch(), fetch(), fetch()])).toEqual(Array(3).fill({ value: undefined }))
    expect(state.asked).toBe(9)
  })

  test.each([3_600_000, -3_600_000])('is not moved by a system clock that jumps by %d ms', async (jumpMs) => {
    const { state, fetch } = site()
    for (let time = 0; time < 5; time++) await fetch()
    state.isDown = false
    jest.setSystemTime(Date.now() + jumpMs)
    await fetch()
    expect(state.asked).toBe(5)
    jest.advanceTimersByTime(5_000)
    expect(await fetch()).toEqual({ value: undefined })
  })

  test('of stores leaves fetches alone, and the other way round', async () => {
    const page = pageOf()
    const store = createPageStore(
      providerOf({ store: () => Promise.reject(new Error('full')), pull: () => Promise.resolve(page) }),
      SILENT,
    )
    for (let time = 0; time < 10; time++) keep(store, createPageToken(), page)
    await store.flush(1_000)
    expect(await store.fetch(createPageToken(), 'pull')).toBe(page)
  })
})

describe('deadlines', () => {
  test('a pull is given one second, and a store two', async () => {
    const signals: AbortSignal[] = []
    const hang = (_token: PageToken, options?: { signal?: AbortSignal }) => {
      signals.push(options!.signal!)
      return new Promise<never>(ignore)
    }
    const provider = providerOf({ pull: hang, store: (token, _page, options) => hang(token, options) })
    const store = createPageStore(provider, SILENT)
    const token = createPageToken()
    keep(store, token, pageOf())
    const pulled = outcomeOf(store.fetch(createPageToken(), 'pull'))
    await jest.advanceTimersByTimeAsync(999)
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false])
    await jest.advanceTimersByTimeAsync(1)
    expect(await pulled).toMatchObject({
      error: { code: 'PROVIDER_TIMEOUT', message: 'test did not answer within 1000 ms.' },
    })
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true])
    await jest.advanceTimersByTimeAsync(1_000)
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('an answer in time leaves at most a timer that soon ends by itself', async () => {
    const store = createPageStore(
      providerOf({ store: () => Promise.resolve(), pull: () => Promise.resolve(undefined) }),
      SILENT,
    )
    keep(store, createPageToken(), pageOf())
    await store.fetch(createPageToken(), 'pull')
    await store.flush(1_000)
    await jest.advanceTimersByTimeAsync(2_000)
    store.close()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('thousands of calls at the same time share one timer and one signal', async () => {
    const signals = new Set<AbortSignal>()
    const hang = (_token: PageToken, _page: CapturedPage, options?: { signal?: AbortSignal }) => {
      signals.add(options!.signal!)
      return Promise.resolve()
    }
    const store = createPageStore(providerOf({ store: hang }), SILENT)
    for (let count = 0; count < 2_000; count++) {
      keep(store, createPageToken(), pageOf())
      await Promise.resolve()
      await store.flush(1)
    }
    // The page that is the first to expire has a timer too, for all of them.
    store.close()
    expect({ signals: signals.size, timers: jest.getTimerCount() }).toEqual({ signals: 1, timers: 1 })
  })
})

describe('a page on its way', () => {
  const store = () => createPageStore(providerOf({ store: () => Promise.resolve() }), SILENT)

  test('is waited for by all who ask, until it is stored, lost or given up', async () => {
    for (const end of ['keep', 'lose', 'forget'] as const) {
      const pages = store()
      const token = createPageToken()
      pages.expect(token)
      let arrived = 0
      const waits = [1, 2, 3].map(() => pages.arrival(token).then(() => arrived++))
      await jest.advanceTimersByTimeAsync(1_999)
      expect(arrived).toBe(0)
      if (end === 'keep') keep(pages, token, pageOf())
      else if (end === 'lose') keep(pages, token, TOO_LARGE)
      else pages.forget(token)
      await Promise.all(waits)
      await pages.arrival(token)
    }
  })

  test('is waited for two seconds, and again by whoever comes later', async () => {
    const pages = store()
    const token = createPageToken()
    pages.expect(token)
    const first = outcomeOf(pages.arrival(token))
    await jest.advanceTimersByTimeAsync(2_000)
    expect(await first).toMatchObject({
      error: {
        code: 'PROVIDER_TIMEOUT',
        message: expect.stringMatching(/^The page was not in the cache after 2000 ms/),
      },
    })
    const second = pages.arrival(token)
    keep(pages, token, pageOf())
    await second
    await jest.advanceTimersByTimeAsync(2_000)
    pages.close()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('that nobody announced is not waited for', async () => {
    await store().arrival(createPageToken())
  })

  test('costs its place at most 10 000 times: the oldest is given up', async () => {
    const pages = store()
    const oldest = createPageToken()
    pages.expect(oldest)
    const waiting = pages.arrival(oldest)
    const others = Array.from({ length: 10_000 }, createPageToken)
    for (const token of others) pages.expect(token)
    await waiting
    const stillExpected = outcomeOf(pages.arrival(others[0]!))
    await jest.advanceTimersByTimeAsync(2_000)
    expect(await stillExpected).toMatchObject({ error: { code: 'PROVIDER_TIMEOUT' } })
  })
})

describe('what is lost', () => {
  test('is told at once, then once a minute with the counts, and never without a reason', async () => {
    const lines: [fields: object, message: string][] = []
    const logger = { ...SILENT, warn: (fields: object, message: string) => void lines.push([fields, message]) }
    const pages = createPageStore(providerOf({}), logger)
    keep(pages, createPageToken(), TOO_LARGE)
    for (let time = 0; time < 100; time++) keep(pages, createPageToken(), TOO_LARGE)
    expect(lines).toEqual([
      [
        { lost: { 'too-large': 1 }, err: undefined },
        '1 page was not stored. The page is longer than `maxPageBytes`. Raise `maxPageBytes`.',
      ],
    ])
    await jest.advanceTimersByTimeAsync(59_999)
    expect(lines).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(lines[1]).toEqual([
      { lost: { 'too-large': 100 }, err: undefined },
      expect.stringMatching(/^100 pages were not stored\./),
    ])
    await jest.advanceTimersByTimeAsync(600_000)
    expect(lines).toHaveLength(2)
    keep(pages, createPageToken(), TOO_LARGE)
    expect(lines).toHaveLength(3)
  })
})

test('while one call tries whether the provider is back, no other page waits in memory that may be used again', async () => {
  const stored: string[] = []
  let answer: () => Promise<void> = () => Promise.reject(new Error('down'))
  const provider = providerOf({
    store: (_token, page) => {
      stored.push(page.body.toString())
      return answer()
    },
  })
  const store = createPageStore(provider, SILENT)
  for (let time = 0; time < 5; time++) {
    keep(store, createPageToken(), pageOf())
    await jest.advanceTimersByTimeAsync(1)
  }
  await jest.advanceTimersByTimeAsync(5_000)
  stored.length = 0
  let comeBack = ignore
  answer = () => new Promise((resolve) => (comeBack = resolve))
  keep(store, createPageToken(), { ...pageOf(), body: Buffer.from('first') })
  const shared = Buffer.from('second')
  keep(store, createPageToken(), { ...pageOf(), body: shared })
  shared.write('others')
  comeBack()
  await jest.advanceTimersByTimeAsync(10)
  expect(stored).toEqual(['first'])
})

test('a provider that throws instead of rejecting is left alone after five failures as well', async () => {
  let asked = 0
  const lost: unknown[] = []
  const note = (message: unknown) => void lost.push((message as { reason: string }).reason)
  const throwing = () => {
    asked++
    throw new Error('down')
  }
  const store = createPageStore(providerOf({ store: throwing }), SILENT)
  subscribe('facsimile:lost', note)
  for (let time = 0; time < 7; time++) {
    keep(store, createPageToken(), pageOf())
    await jest.advanceTimersByTimeAsync(0)
  }
  unsubscribe('facsimile:lost', note)
  expect(asked).toBe(5)
  expect(lost).toEqual([...Array<string>(5).fill('failed'), 'paused', 'paused'])
})

test('a provider that answers at once, without a promise, is understood', async () => {
  const kept = new Map<PageToken, CapturedPage>()
  const lost: unknown[] = []
  const note = (message: unknown) => void lost.push(message)
  const methods = {
    store: (token: PageToken, page: CapturedPage) => void kept.set(token, page),
    pull: (token: PageToken) => kept.get(token),
  }
  const store = createPageStore(providerOf(methods as unknown as Partial<CacheProvider>), SILENT)
  const token = createPageToken()
  subscribe('facsimile:lost', note)
  keep(store, token, pageOf())
  await store.arrival(token)
  unsubscribe('facsimile:lost', note)
  expect(lost).toEqual([])
  expect(await store.fetch(token, 'pull')).toMatchObject({ url: '/', status: 200 })
  expect(await store.fetch(createPageToken(), 'pull')).toBeUndefined()
})
