// Pages to store, and the comparison of what comes back.
import assert from 'node:assert/strict'
import type { CacheProvider, CapturedPage } from '../cache-provider.js'
import { createPageToken, type PageToken } from '../page-token.js'

const LIFE_MS = 60_000

/** A page that lives for a minute, with `overrides`. */
export function samplePage(overrides: Partial<CapturedPage> = {}): CapturedPage {
  const now = Date.now()
  return {
    url: '/basket?item=17',
    method: 'GET',
    status: 200,
    contentType: 'text/html; charset=utf-8',
    capturedAt: now,
    expiresAt: now + LIFE_MS,
    body: Buffer.from('<!doctype html><title>Basket</title><p>1 × tea</p>'),
    ...overrides,
  }
}

/** A sample page whose body is `size` bytes, each of them `fill`. */
export function pageOf(size: number, fill: number): CapturedPage {
  return samplePage({ url: `/filled?with=${fill}`, body: Buffer.alloc(size, fill) })
}

/** Stores a page under a new token. */
export async function storeNew(provider: CacheProvider, page = samplePage()): Promise<PageToken> {
  const token = createPageToken()
  await provider.store(token, page)
  return token
}

/** Fails unless `actual` is `expected` in every field and every byte. */
export function assertSamePage(actual: CapturedPage | undefined, expected: CapturedPage): void {
  assert.ok(actual, 'the page is missing')
  assert.ok(Buffer.isBuffer(actual.body), 'the body is not a Buffer')
  assert.deepEqual(fieldsOf(actual), fieldsOf(expected))
  assert.equal(actual.body.length, expected.body.length, 'the body has another length')
  assert.ok(actual.body.equals(expected.body), 'the body has other bytes')
}

/** Fails unless nothing is stored under `token`. */
export async function assertMissing(provider: CacheProvider, token: PageToken): Promise<void> {
  assert.equal(await provider.peek(token), undefined, 'peek finds a page that should not be there')
  assert.equal(await provider.pull(token), undefined, 'pull finds a page that should not be there')
}

function fieldsOf({ url, method, status, contentType, capturedAt, expiresAt }: CapturedPage) {
  return { url, method, status, contentType, capturedAt, expiresAt }
}
