// The debug page tells how much waits in the store, and when it is full; no provider can spoil the page.
import { describe, expect, test } from '@jest/globals'
import type { CacheProvider } from '@facsimile/core'
import { createSpyProvider, never } from '../support/spy-provider.js'
import { startDebugSite, type DebugSite } from './debug-site.js'

/** The row of the page on what the store holds, as text. */
async function rowOf(site: DebugSite): Promise<string | undefined> {
  const { text } = await site.debug()
  const row = /<th scope="row">It holds<\/th>\s*<td>(.*?)<\/td>/s.exec(text)?.[1]
  return row?.replace(/<[^>]*>/g, '')
}

const wordsOf = async (site: DebugSite) => {
  const { verdicts } = await site.report()
  return verdicts.filter(({ level }) => level !== 'fine').map(({ word }) => word)
}

const withUsage = (usage: () => unknown) =>
  startDebugSite({
    settings: { cacheProvider: createSpyProvider({ usage: usage as NonNullable<CacheProvider['usage']> }) },
  })

describe('what the store holds', () => {
  test('is told in pages and bytes with their bounds, without the pages that were tried', async () => {
    const site = await startDebugSite({ settings: { maxCachedPages: 1000 } })
    expect(await rowOf(site)).toBe('0 of at most 1,000 pages, 0 of at most 268,435,456 bytes')
    const other = await startDebugSite({ settings: { maxCachedPages: 1000 } })
    for (let page = 0; page < 3; page += 1) await other.visit()
    expect(await rowOf(other)).toMatch(/^3 of at most 1,000 pages, \d{3,4} of at most 268,435,456 bytes$/)
    expect(await wordsOf(other)).not.toContain('store-full')
  })

  test('is told without bounds, or by what the provider says, where that is all', async () => {
    expect(await rowOf(await withUsage(() => Promise.resolve({ pages: 1 })))).toBe('1 page')
    const site = await withUsage(() => Promise.resolve({ note: 'See redis://shop:s3cret@db/1 <b>there</b>.' }))
    expect(await rowOf(site)).toMatch(/^ ?See redis:\/\/shop:\*+@db\/1 &lt;b&gt;there&lt;\/b&gt;\.$/)
  })

  test('is not known where nobody can tell', async () => {
    const site = await startDebugSite({ settings: { cacheProvider: createSpyProvider() } })
    expect(await rowOf(site)).toBe('The provider does not tell.')
    const off = await startDebugSite({ settings: { disableCache: true } })
    expect(await rowOf(off)).toBeUndefined()
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('it is dead')), 'it is dead'],
    [
      'throws',
      () => {
        throw new Error('it fell')
      },
      'it fell',
    ],
    ['never answers', () => never(), 'It did not answer within 2000 ms.'],
    ['answers nothing', () => Promise.resolve(undefined), 'The provider does not tell.'],
    ['answers nonsense', () => Promise.resolve({ pages: 'many', bytes: NaN, note: 7 }), 'The provider does not tell.'],
  ])('does no harm to the page when the provider %s', async (_, usage, shown) => {
    expect((await rowOf(await withUsage(usage)))?.trim()).toBe(shown)
  })

  test.each([
    ['pages', { pages: 95, maxPages: 100, bytes: 1, maxBytes: 1000 }, '95 of at most 100 pages'],
    ['bytes', { pages: 1, maxPages: 100, bytes: 990, maxBytes: 1000 }, '990 of at most 1,000 bytes'],
  ])('is a finding when it is full of %s', async (_, usage, shown) => {
    const site = await withUsage(() => Promise.resolve(usage))
    const { verdicts } = await site.report()
    const finding = verdicts.find(({ word }) => word === 'store-full')
    expect(finding).toMatchObject({ level: 'warning', remedy: expect.stringContaining('`maxCachedPages`') })
    expect(finding?.details.join()).toContain(shown)
  })
})
