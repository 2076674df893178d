// A provider that tells how much it holds counts pages as they come and go. One that does not tell passes.
import assert from 'node:assert/strict'
import type { CacheProvider } from '../../cache-provider.js'
import type { ConformanceCase } from '../conformance-case.js'
import { eventually } from '../deadline.js'
import { pageOf, storeNew } from '../sample-page.js'

const PAGES = 5
const TRY_MS = 3_000

export const USAGE_CASES: readonly ConformanceCase[] = [
  {
    name: 'tells of more pages after stores, and of fewer after pulls, if it tells',
    async run({ open }) {
      const provider = await open()
      // Pages of others may come and go in between, but not each time.
      await eventually(
        'counts the pages that came',
        async () => {
          const tokens: Awaited<ReturnType<typeof storeNew>>[] = []
          const difference = await differenceBy(provider, async () => {
            for (let index = 0; index < PAGES; index++) tokens.push(await storeNew(provider, pageOf(20_000, index)))
          })
          const opposite = await differenceBy(provider, async () => {
            for (const token of tokens) await provider.pull(token)
          })
          return isOf(difference, PAGES) && isOf(opposite, -PAGES)
        },
        TRY_MS,
      )
    },
  },
  {
    name: 'tells numbers that are none or more, and within the bounds that it tells',
    async run({ open }) {
      const provider = await open()
      await storeNew(provider)
      const usage = (await provider.usage?.()) ?? {}
      const { pages = 0, bytes = 0, maxPages = Infinity, maxBytes = Infinity, note = '' } = usage
      for (const [name, value] of Object.entries({ pages, bytes }))
        assert.ok(Number.isSafeInteger(value) && value >= 0, `${name} is ${value}`)
      assert.ok(pages <= maxPages, `${pages} pages, and ${maxPages} at most`)
      assert.ok(bytes <= maxBytes, `${bytes} bytes, and ${maxBytes} at most`)
      assert.equal(typeof note, 'string')
    },
  },
  {
    name: 'does not tell how much it holds once it is closed, if it tells',
    async run({ open }) {
      const provider = await open()
      await provider.close()
      if (provider.usage !== undefined) await assert.rejects(provider.usage(), { code: 'PROVIDER_CLOSED' })
    },
  },
]

/** What `change` adds to pages and bytes; `undefined` for what is not told. */
async function differenceBy(provider: CacheProvider, change: () => Promise<void>) {
  const before = (await provider.usage?.()) ?? {}
  await change()
  const after = (await provider.usage?.()) ?? {}
  const difference = (one?: number, other?: number) =>
    one === undefined || other === undefined ? undefined : other - one
  return { pages: difference(before.pages, after.pages), bytes: difference(before.bytes, after.bytes) }
}

/** Bytes have to follow the pages; how many a page takes is the store's own. */
function isOf({ pages, bytes }: Awaited<ReturnType<typeof differenceBy>>, count: number): boolean {
  return (pages ?? count) === count && Math.sign(bytes ?? count) === Math.sign(count)
}
