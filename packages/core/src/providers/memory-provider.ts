// The `memory` cache provider: pages of this process, for one server or a first try.
import { LRUCache } from 'lru-cache'
import { pageTooLarge, resolveCacheBounds } from '../cache-bounds.js'
import type { CacheBounds, CacheProvider, CapturedPage } from '../cache-provider.js'
import { startLife, type MonotonicClock } from '../lifetime.js'
import type { PageToken } from '../page-token.js'
import { createOperationGate } from './operation-gate.js'

/** What an entry costs beside its body and texts: token, record, numbers and its places in the index. */
const ENTRY_OVERHEAD_BYTES = 200

/** How often expired pages are let go. Nothing serves them in between; they only take up room. */
const PURGE_INTERVAL_MS = 5_000

/**
 * Keeps pages in the memory of this process, within `bounds`; the page that was stored first goes first, whether it has
 * been peeked at or not. Nothing is copied or hashed: the caller's page is kept by reference and handed out again, so
 * its body must not change after `store`, and a body that is a slice of a larger buffer keeps the whole of it alive.
 * A lifetime is counted from `store` on a monotonic clock: a jump of the system clock changes nothing afterwards.
 * Throws `SETTINGS_INVALID` for bounds out of range. `clock` is for tests.
 */
export function createMemoryProvider(bounds?: CacheBounds, clock: MonotonicClock = performance): CacheProvider {
  const { maxCachedPages, maxCachedBytes } = resolveCacheBounds(bounds)
  const gate = createOperationGate('memory')
  const age = { now: () => clock.now() + 1 } // lru-cache takes an instant of 0 for none, and would never let that page go
  const pages = new LRUCache<PageToken, CapturedPage>({
    max: maxCachedPages,
    maxSize: maxCachedBytes,
    sizeCalculation: sizeOf,
    perf: age,
    ttlResolution: 0, // ask the clock each time: a remembered instant would serve a page late
  })
  let purge: NodeJS.Timeout | undefined

  // Only `set` and `peek`, never `get`: reading must not make a page younger.
  function take(token: PageToken): CapturedPage | undefined {
    const page = pages.peek(token)
    pages.delete(token)
    return page
  }

  function keep(token: PageToken, page: CapturedPage): void {
    const { startedAt, lifetimeMs } = startLife(page.expiresAt, age)
    if (!(lifetimeMs > 0)) {
      pages.delete(token)
      return
    }
    const bytes = sizeOf(page)
    if (bytes > maxCachedBytes) throw pageTooLarge(bytes, maxCachedBytes)
    pages.set(token, page, { start: startedAt, ttl: lifetimeMs })
    purge ??= setInterval(() => pages.purgeStale(), PURGE_INTERVAL_MS).unref()
  }

  return {
    name: 'memory',
    store: (token, page, options) => gate.pass(() => keep(token, page), options?.signal),
    pull: (token, options) => gate.pass(() => take(token), options?.signal),
    peek: (token, options) => gate.pass(() => pages.peek(token), options?.signal),
    remove: (token) => gate.pass(() => take(token) !== undefined),
    check: () => Promise.resolve(gate.isClosed() ? ['The memory cache provider is closed; open a new one.'] : []),
    close() {
      clearInterval(purge)
      pages.clear()
      return gate.close()
    },
  }
}

function sizeOf({ url, method, contentType, body }: CapturedPage): number {
  return body.length + url.length + method.length + contentType.length + ENTRY_OVERHEAD_BYTES
}
