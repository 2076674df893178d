// What became of a page: the same 404 for everybody, and the reason in log and events.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type FacsimileEvents } from '@facsimile/core'
import { eventually } from '../support/eventually.js'
import { startDebugSite } from './debug/debug-site.js'
import { afterwards, createFolder, PAGE, startSite, tokenIn, type Site } from './support/site.js'

/** The reasons of all misses from now on, in their order. */
function missesFromNow(): string[] {
  const reasons: string[] = []
  const note = (event: unknown) => void reasons.push((event as FacsimileEvents['facsimile:missed']).reason)
  subscribe('facsimile:missed', note)
  afterwards(() => unsubscribe('facsimile:missed', note))
  return reasons
}

async function expectMiss(site: Site, token: string): Promise<void> {
  expect((await site.crawl(token)).status).toBe(404)
}

describe('a page that the store has no more', () => {
  test('was taken by the fetch before', async () => {
    const reasons = missesFromNow()
    const site = await startSite()
    const page = await site.visit()
    expect((await site.crawl(page)).text).toBe(PAGE)
    await expectMiss(site, tokenIn(page))
    expect(reasons).toEqual(['taken'])
  })

  test('has expired, which is told as soon as nobody came for it in time', async () => {
    const reasons = missesFromNow()
    // Its counts are those of this very site; on the channel others of the process may be heard.
    const site = await startDebugSite({ settings: { maxCachedSeconds: 1 } })
    const expired = async () => (await site.report()).events.counts['expired'] ?? 0
    const [fetched, forgotten] = [await site.visit(), await site.visit()]
    await site.crawl(fetched)
    await eventually('the page that was left expires', async () => (await expired()) > 0)
    await expectMiss(site, tokenIn(forgotten))
    expect({ expired: await expired(), reasons }).toEqual({ expired: 1, reasons: ['expired'] })
  })

  test('has expired too where pages stay until then', async () => {
    const reasons = missesFromNow()
    const site = await startSite({ maxCachedSeconds: 1, deleteAfterPull: false })
    const page = await site.visit()
    expect((await site.crawl(page)).status).toBe(200)
    expect((await site.crawl(page)).status).toBe(200)
    await eventually('it expires', async () => (await site.crawl(page)).status === 404)
    expect(reasons).toEqual(['expired'])
  })

  test('was too large to be stored, and so lost', async () => {
    const reasons = missesFromNow()
    const site = await startSite({ maxPageBytes: 10 })
    await expectMiss(site, tokenIn(await site.visit()))
    expect(reasons).toEqual(['lost'])
  })

  test('had to make room for others', async () => {
    const reasons = missesFromNow()
    const site = await startSite({ maxCachedPages: 1 })
    const first = await site.visit()
    await site.visit()
    await expectMiss(site, tokenIn(first))
    expect(reasons).toEqual(['evicted'])
  })

  test('is unknown to a server that never had it', async () => {
    const reasons = missesFromNow()
    const site = await startSite()
    await expectMiss(site, createPageToken())
    expect(reasons).toEqual(['unknown'])
  })
})

test('a page that another process of the same store hands over is evicted for the one that stored it', async () => {
  const reasons = missesFromNow()
  const cacheProvider = `file:${await createFolder()}`
  const [one, other] = [await startSite({ cacheProvider }), await startSite({ cacheProvider })]
  const page = await one.visit()
  await one.facsimile.flush()
  expect((await other.crawl(tokenIn(page))).text).toBe(PAGE)
  await expectMiss(one, tokenIn(page))
  await expectMiss(other, tokenIn(page))
  expect(reasons).toEqual(['evicted', 'taken'])
})
