// The digest of a long page, which another thread computes.
import { createHash, webcrypto } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
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
