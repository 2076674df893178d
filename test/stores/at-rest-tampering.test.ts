// Sealed pages in a real store that somebody can write to: what was changed or moved, or has lost its key, is reported.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import type { CapturedPage } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { decodePageRecord, encodePageRecord } from '../../packages/core/src/page-record.js'
import { afterwards, PAGE, startSite, tokenIn, type Site } from '../express/support/site.js'
import { newKey, STORES, type BareStore } from './support/at-rest-store.js'

/** Changes to the page that the store has, which is a sealed one: its body is an envelope. */
const CHANGES: readonly (readonly [string, (page: CapturedPage) => Partial<CapturedPage>])[] = [
  ['with a later expiry', ({ expiresAt }) => ({ expiresAt: expiresAt + 3_600_000 })],
  ['with an expiry a millisecond earlier', ({ expiresAt }) => ({ expiresAt: expiresAt - 1 })],
  ['cut short by a byte', ({ body }) => ({ body: body.subarray(0, -1) })],
  ['cut short by half', ({ body }) => ({ body: body.subarray(0, body.length / 2) })],
  ['with a flipped bit in its nonce', ({ body }) => ({ body: flip(body, 20) })],
  ['with a flipped bit in its content', ({ body }) => ({ body: flip(body, 60) })],
  ['with a flipped bit in its tag', ({ body }) => ({ body: flip(body, body.length - 1) })],
]

describe.each(STORES)('a sealed page in %s', (_name, withStore) => {
  test.each(CHANGES)('%s is not served, and reported as damaged', async (_change, change) =>
    withStore(async (store) => {
      const reasons = hearUnreadable()
      const site = await startShop(store, { encryptionKeys: [newKey()] })
      const token = await storePage(site)
      const page = decodePageRecord(await store.read(token))
      if (page === undefined) throw new Error('no record of a page is stored')
      await store.write(token, encodePageRecord({ ...page, ...change(page) }))
      expect((await site.crawl(token)).status).toBe(404)
      expect(reasons).toEqual(['damaged'])
      expect(await store.count()).toBe(0)
    })(),
  )

  test(
    'copied under the token of another page is not served, and reported; under its own it still is',
    withStore(async (store) => {
      const reasons = hearUnreadable()
      const site = await startShop(store, { encryptionKeys: [newKey()] })
      const [token, other] = [await storePage(site), await storePage(site)]
      await store.write(other, await store.read(token))
      expect((await site.crawl(other)).status).toBe(404)
      expect(reasons).toEqual(['damaged'])
      expect((await site.crawl(token)).text).toBe(PAGE)
      expect(reasons).toHaveLength(1)
    }),
  )

  test(
    'of which a bit of any byte lies otherwise in the store, or bytes are missing at its end, is never served',
    withStore(async (store) => {
      const provider = store.open()
      const site = await startShop(store, { encryptionKeys: [newKey()] })
      const token = await storePage(site)
      const value = await store.read(token)
      const cut = Array.from({ length: 40 }, (_, at) => value.subarray(0, (value.length * at) / 40))
      const flipped = Array.from({ length: value.length }, (_, at) => flip(value, at))
      for (const damaged of [...cut, ...flipped]) {
        await store.write(token, damaged)
        expect((await site.crawl(token)).status).toBe(404)
      }
      expect(await provider.peek(token as never)).toBeUndefined()
      await store.write(token, value)
      expect((await site.crawl(token)).text).toBe(PAGE)
    }),
  )

  test(
    'opens while its key is one of the previous ones',
    withStore(async (store) => {
      const reasons = hearUnreadable()
      const [old, current] = [newKey(), newKey()]
      const before = await startShop(store, { encryptionKeys: [old], compression: 'gzip' })
      const after = await startShop(store, { encryptionKeys: [current, old] })
      const token = await storePage(before)
      const fetched = await after.crawl(token)
      expect([fetched.status, fetched.text]).toEqual([200, PAGE])
      expect((await before.crawl(token)).status).toBe(404)
      expect(reasons).toEqual([])
    }),
  )

  test(
    'whose key was taken away is a miss that is reported, and stops nothing else however many there are',
    withStore(async (store) => {
      const reasons = hearUnreadable()
      const [old, current] = [newKey(), newKey()]
      const before = await startShop(store, { encryptionKeys: [old] })
      const after = await startShop(store, { encryptionKeys: [current] })
      const lost = await Promise.all(Array.from({ length: 30 }, () => storePage(before)))
      const kept = await Promise.all(Array.from({ length: 30 }, () => storePage(after)))
      const answers = await Promise.all(
        lost.flatMap((token, index) => [after.crawl(token), after.crawl(kept[index] ?? '')]),
      )
      expect(answers.map(({ status }) => status)).toEqual(lost.flatMap(() => [404, 200]))
      expect(reasons).toEqual(lost.map(() => 'unknown-key'))
      expect(await store.count()).toBe(0)
    }),
  )
})

function startShop({ location }: BareStore, settings: FacsimileSettings): Promise<Site> {
  return startSite({ ...settings, cacheProvider: location })
}

/** Has a visitor get a page, and answers with its token once the page is stored. */
async function storePage(site: Site): Promise<string> {
  const visited = await site.visit()
  await site.facsimile.flush()
  return tokenIn(visited)
}

/** The reasons of the `facsimile:unreadable` events from now on until the end of the test. */
function hearUnreadable(): string[] {
  const reasons: string[] = []
  const listener = (message: unknown) => void reasons.push((message as { reason: string }).reason)
  subscribe('facsimile:unreadable', listener)
  afterwards(() => unsubscribe('facsimile:unreadable', listener))
  return reasons
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
