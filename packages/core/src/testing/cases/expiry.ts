// A page lives until its deadline, and not a moment longer.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CapturedPage } from '../../cache-provider.js'
import type { Bench, ConformanceCase } from '../conformance-case.js'
import { waitUntil } from '../deadline.js'
import { assertMissing, assertSamePage, samplePage, storeNew } from '../sample-page.js'

/** How much earlier than its deadline a page may go, beside the store's granularity. */
const EARLY_MS = 50

export const EXPIRY_CASES: readonly ConformanceCase[] = [
  {
    name: 'resolves and keeps nothing when a page has expired before it is stored',
    async run({ open }) {
      const provider = await open()
      for (const agoMs of [1, 1_000, 86_400_000]) {
        await assertMissing(provider, await storeNew(provider, samplePage({ expiresAt: Date.now() - agoMs })))
      }
    },
  },
  {
    name: 'keeps nothing of a page that expires at this very moment',
    async run({ open }) {
      const provider = await open()
      await assertMissing(provider, await storeNew(provider, samplePage({ expiresAt: Date.now() })))
    },
  },
  {
    name: 'does not leave the earlier page in place when an expired one is stored over it',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      await provider.store(token, samplePage({ expiresAt: Date.now() - 1 }))
      await assertMissing(provider, token)
    },
  },
  {
    name: 'never serves a page at or after its deadline',
    async run(bench) {
      const provider = await bench.open()
      const lateMs = bench.traits.expiryGranularityMs
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const page = shortLived(bench, 7 * index)
          const token = await storeNew(provider, page)
          for (let askedAt = 0; askedAt < page.expiresAt + lateMs + 100;) {
            askedAt = Date.now()
            const found = await provider.peek(token)
            const late = found !== undefined && askedAt >= page.expiresAt + lateMs
            assert.ok(!late, `served ${askedAt - page.expiresAt} ms after its deadline`)
            await sleep(1)
          }
          assert.equal(await provider.pull(token), undefined, 'pull serves a page after its deadline')
        }),
      )
    },
  },
  {
    name: 'keeps a page until just before its deadline',
    async run(bench) {
      const provider = await bench.open()
      const page = shortLived(bench)
      const token = await storeNew(provider, page)
      const earliest = page.expiresAt - EARLY_MS - bench.traits.expiryGranularityMs
      for (let answeredAt = 0; answeredAt < earliest;) {
        const found = await provider.peek(token)
        answeredAt = Date.now()
        assert.ok(found ?? answeredAt >= earliest, `gone ${page.expiresAt - answeredAt} ms before its deadline`)
        await sleep(5)
      }
    },
  },
  {
    name: 'does not give an expired page to a pull',
    async run(bench) {
      const provider = await bench.open()
      const page = shortLived(bench)
      const token = await storeNew(provider, page)
      await waitUntilExpired(bench, page)
      assert.equal(await provider.pull(token), undefined)
      await assertMissing(provider, token)
    },
  },
  {
    name: 'answers false when removing an expired page',
    async run(bench) {
      const provider = await bench.open()
      const page = shortLived(bench)
      const token = await storeNew(provider, page)
      await waitUntilExpired(bench, page)
      assert.equal(await provider.remove(token), false)
    },
  },
  {
    name: 'counts anew from the later deadline when a page is overwritten',
    async run(bench) {
      const provider = await bench.open()
      const first = shortLived(bench)
      const token = await storeNew(provider, first)
      const second = samplePage({ url: '/second' })
      await provider.store(token, second)
      await waitUntilExpired(bench, first)
      assertSamePage(await provider.pull(token), second)
    },
  },
  {
    name: 'counts anew from the earlier deadline when a page is overwritten',
    async run(bench) {
      const provider = await bench.open()
      const token = await storeNew(provider)
      const second = shortLived(bench)
      await provider.store(token, second)
      await waitUntilExpired(bench, second)
      await assertMissing(provider, token)
    },
  },
  {
    name: 'takes a page again under a token whose page has expired',
    async run(bench) {
      const provider = await bench.open()
      const first = shortLived(bench)
      const token = await storeNew(provider, first)
      await waitUntilExpired(bench, first)
      const second = samplePage({ url: '/second' })
      await provider.store(token, second)
      assertSamePage(await provider.pull(token), second)
    },
  },
]

function shortLived({ traits }: Bench, moreMs = 0): CapturedPage {
  return samplePage({ expiresAt: Date.now() + 300 + 2 * traits.expiryGranularityMs + moreMs })
}

function waitUntilExpired({ traits }: Bench, page: CapturedPage): Promise<void> {
  return waitUntil(page.expiresAt + traits.expiryGranularityMs)
}
