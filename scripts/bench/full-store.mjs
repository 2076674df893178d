// The memory provider as it is on a busy site: full, so that each page that comes in has another leave.
import { createPageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'

const MAX_CACHED_PAGES = 10_000
const MAX_CACHED_BYTES = 256 * 1024 * 1024
const LIFE_MS = 60_000

/** The default bounds, named so that `fillStore` knows them. */
export function createBoundedProvider() {
  return createMemoryProvider({ maxCachedPages: MAX_CACHED_PAGES, maxCachedBytes: MAX_CACHED_BYTES })
}

/** Stores pages of `bytes` until one of the bounds is reached. */
export async function fillStore(provider, bytes) {
  const capturedAt = Date.now()
  const facts = { url: '/lamps?page=2', method: 'GET', status: 200, contentType: 'text/html; charset=utf-8' }
  const page = { ...facts, capturedAt, expiresAt: capturedAt + LIFE_MS, body: Buffer.alloc(bytes, 'page ') }
  const pages = Math.min(MAX_CACHED_PAGES, Math.ceil(MAX_CACHED_BYTES / bytes))
  for (let stored = 0; stored < pages; stored += 1) await provider.store(createPageToken(), page)
}
