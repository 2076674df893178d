// The conformance suite can fail: each way to break the contract is caught by the case that is meant for it.
import { afterAll, describe, expect, test } from '@jest/globals'
import type { CacheProvider, CapturedPage, PageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { describeCacheProvider, type ConformanceSettings } from '@facsimile/core/testing'

describe('the conformance suite', () => {
  test('has at least 60 cases, each with a name of its own', () => {
    const names = collectCases('any', {
      open: () => createMemoryProvider(),
      breakStore: () => Promise.reject(new Error('never called')),
    })
    expect(names.size).toBeGreaterThanOrEqual(60)
  })

  test('groups its cases when it is given describe, and else puts the name before each', () => {
    const groups: string[] = []
    const open = () => createMemoryProvider()
    const plain = collectCases('mine', { open })
    const grouped = collectCases('mine', {
      open,
      describe(name, define) {
        groups.push(name)
        define()
      },
    })
    expect(groups).toEqual(['mine'])
    expect([...plain.keys()]).toEqual([...grouped.keys()].map((name) => `mine: ${name}`))
  })

  test('leaves out what does not apply', () => {
    const names = [...collectCases('', { open: () => createMemoryProvider(), shared: false }).keys()].join()
    expect(names).not.toMatch(/another provider|broken/)
  })

  test.each(Object.entries(brokenProviders()))(
    'fails a provider that %s',
    async (_flaw, { open, caught, breakStore }) => {
      const settings = { open, shared: false, raceRounds: 10, ...(breakStore && { breakStore }) }
      expect(await failuresOf(settings, caught)).toEqual(caught)
    },
  )

  test('fails a provider that claims to share a store and does not', async () => {
    const caught = ['shows a page to another provider of the same store']
    expect(await failuresOf({ open: () => createMemoryProvider() }, caught)).toEqual(caught)
  })
})

/** One and the same listener, so that a signal has it once however often it is added. */
const noted = () => undefined

/** What a provider that keeps the process alive leaves running. */
const timers: NodeJS.Timeout[] = []

afterAll(() => timers.forEach(clearInterval))

interface BrokenProvider {
  readonly open: () => CacheProvider
  readonly caught: string[]
  readonly breakStore?: () => Promise<() => Promise<void>>
}

function brokenProviders(): Record<string, BrokenProvider> {
  let down = false
  const failing = {
    open: () => altered((whole) => ({ peek: (token) => (down ? Promise.resolve(undefined) : whole.peek(token)) })),
    breakStore: () => {
      down = true
      return Promise.resolve(() => {
        down = false
        return Promise.resolve()
      })
    },
  }
  return {
    'reads and then deletes, in two steps': {
      open: () =>
        altered((whole) => ({
          async pull(token, options) {
            const page = await whole.peek(token, options)
            await whole.remove(token)
            return page
          },
        })),
      caught: [
        'lets exactly one of 50 concurrent pulls win, in every round',
        'gives a page either to one pull or to one remove when both race for it',
      ],
    },
    'cuts long bodies': {
      open: () =>
        altered((whole) => ({
          store: (token, page) => whole.store(token, { ...page, body: page.body.subarray(0, 65_535) }),
        })),
      caught: ['gives back the largest body', 'gives back every byte value in every neighbourhood'],
    },
    'keeps the body as text': {
      open: () =>
        altered((whole) => ({
          store: (token, page) => whole.store(token, { ...page, body: Buffer.from(page.body.toString()) }),
        })),
      caught: ['gives back invalid UTF-8 unchanged'],
    },
    'gives back a Uint8Array for the body': {
      open: () => altered((whole) => ({ pull: async (token) => asUint8Array(await whole.pull(token)) })),
      caught: ['gives a page to the first pull and nothing to the second'],
    },
    'never lets a page expire': {
      open: () =>
        altered((whole) => ({
          store: (token, page) => whole.store(token, { ...page, expiresAt: page.expiresAt + 3_600_000 }),
        })),
      caught: [
        'resolves and keeps nothing when a page has expired before it is stored',
        'never serves a page at or after its deadline',
        'answers false when removing an expired page',
      ],
    },
    'lets a page expire too early': {
      open: () =>
        altered((whole) => ({
          store: (token, page) => whole.store(token, { ...page, expiresAt: page.expiresAt - 200 }),
        })),
      caught: ['keeps a page until just before its deadline'],
    },
    'takes tokens for equal that differ only in case': {
      open: () =>
        altered((whole) => ({
          store: (token, page) => whole.store(lowerCase(token), page),
          pull: (token) => whole.pull(lowerCase(token)),
          peek: (token) => whole.peek(lowerCase(token)),
          remove: (token) => whole.remove(lowerCase(token)),
        })),
      caught: ['keeps tokens apart that differ only in case'],
    },
    'answers undefined when its store is broken': {
      ...failing,
      caught: ['rejects a peek while the store is broken, and never answers undefined'],
    },
    'tells of an empty store when it is broken': {
      ...failing,
      open: () =>
        altered((whole) => ({
          usage: () => (down ? Promise.resolve({ pages: 0 }) : (whole.usage?.() ?? Promise.resolve({}))),
        })),
      caught: ['says in a sentence what is wrong with a broken store, and not that it is empty'],
    },
    'answers undefined after it was closed': {
      open: () => altered((whole) => ({ pull: (token) => whole.pull(token).catch(() => undefined) })),
      caught: ['rejects pull() after close() with PROVIDER_CLOSED'],
    },
    'takes the page when peeking': {
      open: () => altered((whole) => ({ peek: (token) => whole.pull(token) })),
      caught: ['leaves the page where it is when peeking'],
    },
    'does not look at the signal': {
      open: () =>
        altered((whole) => ({ pull: (token) => whole.pull(token), store: (token, page) => whole.store(token, page) })),
      caught: [
        'stores nothing when the signal has aborted already, and rejects with its reason',
        'takes nothing when the signal of a pull has aborted already, and rejects with its reason',
      ],
    },
    'rejects in check() once it is closed': {
      open: () => altered((whole) => ({ check: async () => (await whole.peek('x' as PageToken), whole.check()) })),
      caught: ['still answers check() after close(), with a sentence'],
    },
    'drops the page that was stored while another one was': {
      open: () => altered((whole) => ({ store: onlyOneAtATime(whole) })),
      caught: ['keeps each of 100 pages that are stored at once'],
    },
    'listens to the signal for ever': {
      open: () =>
        altered((whole) => ({
          store(token, page, options) {
            options?.signal?.addEventListener('abort', noted, { once: true })
            return whole.store(token, page, options)
          },
        })),
      caught: ['leaves no listener on a signal that never aborts'],
    },
    'counts every page that ever came': {
      open: () =>
        altered((whole) => {
          let pages = 0
          return {
            async store(token, page) {
              await whole.store(token, page)
              pages += 1
            },
            usage: () => Promise.resolve({ pages }),
          }
        }),
      caught: ['tells of more pages after stores, and of fewer after pulls, if it tells'],
    },
    'counts pages with their bytes unchanged': {
      open: () => altered((whole) => ({ usage: async () => ({ ...(await whole.usage?.()), bytes: 1 }) })),
      caught: ['tells of more pages after stores, and of fewer after pulls, if it tells'],
    },
    'tells of more than it may hold': {
      open: () => altered(() => ({ usage: () => Promise.resolve({ maxPages: 1, pages: 2 }) })),
      caught: ['tells numbers that are none or more, and within the bounds that it tells'],
    },
    'keeps the process alive': {
      open: () =>
        altered((whole) => {
          timers.push(setInterval(() => whole.name, 1_000))
          return {}
        }),
      caught: ['leaves nothing behind that keeps the process alive'],
    },
  }
}

/** A memory provider of which some methods are replaced. */
function altered(alter: (whole: CacheProvider) => Partial<CacheProvider>): CacheProvider {
  const whole = createMemoryProvider()
  return { ...whole, ...alter(whole) }
}

function collectCases(name: string, settings: Omit<ConformanceSettings, 'test'>): Map<string, () => Promise<void>> {
  const cases = new Map<string, () => Promise<void>>()
  describeCacheProvider(name, {
    ...settings,
    test(name, run) {
      if (cases.has(name)) throw new Error(`two cases are called ${JSON.stringify(name)}`)
      cases.set(name, run)
    },
  })
  return cases
}

/** Which of the named cases fail. */
async function failuresOf(settings: Omit<ConformanceSettings, 'test'>, names: readonly string[]): Promise<string[]> {
  const cases = collectCases('broken', { ...settings, describe: (_name, define) => define() })
  const failed: string[] = []
  for (const name of names) {
    const run = cases.get(name)
    if (!run) throw new Error(`no case is called ${JSON.stringify(name)}`)
    await run().catch(() => failed.push(name))
  }
  return failed
}

function lowerCase(token: PageToken): PageToken {
  return token.toLowerCase() as PageToken
}

function asUint8Array(page: CapturedPage | undefined): CapturedPage | undefined {
  return page && { ...page, body: new Uint8Array(page.body) as Buffer }
}

function onlyOneAtATime(whole: CacheProvider): CacheProvider['store'] {
  let busy = false
  return async (token, page, options) => {
    if (busy) return
    busy = true
    await new Promise((resolve) => setImmediate(resolve))
    await whole.store(token, page, options)
    busy = false
  }
}
