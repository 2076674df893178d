// The digest of a long page, which another thread computes.
import { createHash, webcrypto } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { PageToken } from '@facsimile/core'
import { createDigestMemory } from '../../packages/express/src/page-digest.js'
import { startSite } from './support/site.js'

const LONG_PAGE = `<!doctype html><title>t</title><body>${'<p>a long page'.repeat(20_000)}</body>`
const DIGEST = `sha-256=:${createHash('sha256').update(LONG_PAGE).digest('base64')}:`

describe('the digest of a long page', () => {
  afterEach(() => void jest.restoreAllMocks())

  async function fetchLongPage() {
    const site = await startSite({}, (app) => void app.get('/', (_req, res) => void res.send(LONG_PAGE)))
    return await site.crawl(await site.visit())
  }

  test('is that of the stored bytes, and computed by another thread', async () => {
    const elsewhere = jest.spyOn(webcrypto.subtle, 'digest')
    const copy = await fetchLongPage()
    expect([copy.status, copy.headers['repr-digest']]).toEqual([200, DIGEST])
    expect(copy.text).toBe(LONG_PAGE)
    expect(elsewhere).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['have no time', () => new Promise<ArrayBuffer>(() => undefined)],
    ['fail', () => Promise.reject(new Error('out of memory'))],
  ])('is computed all the same when the other threads %s', async (_, answer) => {
    jest.spyOn(webcrypto.subtle, 'digest').mockImplementation(answer)
    const copy = await fetchLongPage()
    expect([copy.status, copy.headers['repr-digest']]).toEqual([200, DIGEST])
  })
})

describe('the digest of a page that stays', () => {
  test('is computed once, however often the page is fetched', async () => {
    const elsewhere = jest.spyOn(webcrypto.subtle, 'digest')
    const site = await startSite({ deleteAfterPull: false }, (app) => {
      app.get('/', (_req, res) => void res.send(LONG_PAGE))
    })
    const pages = [await site.visit(), await site.visit()]
    for (let time = 0; time < 3; time++) {
      for (const page of pages) expect((await site.crawl(page)).headers['repr-digest']).toBe(DIGEST)
    }
    expect(elsewhere).toHaveBeenCalledTimes(2)
  })

  test('is remembered of so many pages, and is never that of another one', () => {
    const digest = createDigestMemory()
    const tokenOf = (number: number) => String(number).padStart(32, '0') as PageToken
    const expected = (text: string) => createHash('sha256').update(text).digest('base64')
    for (const number of [...Array(1_100).keys(), 0, 1_099])
      expect(digest(tokenOf(number), Buffer.from(`page ${number}`))).toBe(expected(`page ${number}`))
    // Whoever writes to the store may put another page there.
    expect(digest(tokenOf(1_099), Buffer.from('another page'))).toBe(expected('another page'))
  })
})
