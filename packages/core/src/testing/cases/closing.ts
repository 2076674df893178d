// What is opened is closed: calls are refused, nothing hangs, nothing stays behind.
import assert from 'node:assert/strict'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { CacheProvider } from '../../cache-provider.js'
import { createPageToken, type PageToken } from '../../page-token.js'
import type { ConformanceCase } from '../conformance-case.js'
import { within } from '../deadline.js'
import { assertSamePage, pageOf, samplePage, storeNew } from '../sample-page.js'

const SETTLE_MS = 10_000

/** How long handles may take to close after close() has resolved. */
const LINGER_MS = 2_000

export const CLOSING_CASES: readonly ConformanceCase[] = [
  refusedAfterClose('store', (provider, token) => provider.store(token, samplePage())),
  refusedAfterClose('pull', (provider, token) => provider.pull(token)),
  refusedAfterClose('peek', (provider, token) => provider.peek(token)),
  refusedAfterClose('remove', (provider, token) => provider.remove(token)),
  {
    name: 'still answers check() after close(), with a sentence',
    async run({ open }) {
      const provider = await open()
      await provider.close()
      assert.ok((await provider.check()).length > 0, 'a closed provider is not healthy')
    },
  },
  {
    name: 'can be closed twice, at once and one after the other',
    async run({ open }) {
      const provider = await open()
      await storeNew(provider)
      await within(SETTLE_MS, 'close()', Promise.all([provider.close(), provider.close()]))
      await within(SETTLE_MS, 'another close()', provider.close())
    },
  },
  {
    name: 'can be closed before it was used',
    async run({ open }) {
      await within(SETTLE_MS, 'close()', (await open()).close())
    },
  },
  {
    name: 'settles every call that is under way when it is closed',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      const calls: Promise<unknown>[] = Array.from({ length: 20 }, (_, index) =>
        storeNew(provider, pageOf(50_000, index)),
      )
      calls.push(provider.pull(token), provider.peek(token), provider.remove(token), provider.check())
      const closed = provider.close()
      const outcomes = await within(SETTLE_MS, 'calls under way', Promise.allSettled(calls))
      await within(SETTLE_MS, 'close()', closed)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          assert.ok(outcome.reason instanceof Error, 'rejects with something else than an error')
      }
    },
  },
  {
    name: 'shows a page to another provider of the same store',
    needs: 'shared',
    async run({ open }) {
      const [one, other] = [await open(), await open()]
      const page = samplePage()
      const token = await storeNew(one, page)
      assertSamePage(await other.peek(token), page)
      assertSamePage(await other.pull(token), page)
      assert.equal(await one.pull(token), undefined, 'a page that the other provider took is still there')
    },
  },
  {
    name: 'keeps pages for other providers when the one that stored them is closed',
    needs: 'shared',
    async run({ open }) {
      const [one, other] = [await open(), await open()]
      const page = samplePage()
      const token = await storeNew(one, page)
      await one.close()
      assertSamePage(await other.pull(token), page)
    },
  },
  {
    name: 'leaves nothing behind that keeps the process alive',
    async run({ open }) {
      await (await open()).close() // what a client library sets up once per process
      const before = countResources()
      const provider = await open()
      await provider.pull(await storeNew(provider))
      await provider.check()
      await provider.close()
      const end = performance.now() + LINGER_MS
      while (extraResources(before) !== '' && performance.now() < end) await sleep(20)
      assert.equal(extraResources(before), '', 'these still keep the process alive')
    },
  },
  {
    name: 'leaves no rejection unhandled',
    async run({ open }) {
      const unhandled: unknown[] = []
      const note = (reason: unknown) => void unhandled.push(reason)
      process.on('unhandledRejection', note)
      try {
        const provider = await open()
        const caller = new AbortController()
        const calls = [provider.store(createPageToken(), pageOf(50_000, 1), { signal: caller.signal })]
        caller.abort()
        await Promise.allSettled(calls)
        await provider.close()
        await Promise.allSettled([provider.pull(createPageToken())])
        for (let turns = 0; turns < 20; turns++) await turn()
        assert.deepEqual(unhandled, [])
      } finally {
        process.off('unhandledRejection', note)
      }
    },
  },
]

function refusedAfterClose(
  method: string,
  call: (provider: CacheProvider, token: PageToken) => Promise<unknown>,
): ConformanceCase {
  return {
    name: `rejects ${method}() after close() with PROVIDER_CLOSED`,
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      await provider.close()
      await assert.rejects(call(provider, token), { code: 'PROVIDER_CLOSED' })
    },
  }
}

/** How many of each kind of resource keep the event loop running now. */
function countResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** The kinds of which there are more than `before`. */
function extraResources(before: ReadonlyMap<string, number>): string {
  return [...countResources()]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind]) => kind)
    .join(', ')
}
