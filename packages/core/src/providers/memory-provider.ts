// The `memory` cache provider: pages of this process, for one server or a first try.
import { LRUCache } from 'lru-cache'
import { pageTooLarge, resolveCacheBounds } from '../cache-bounds.js'
import type { BodySink, CacheBounds, CacheProvider, CapturedPage, PageFacts } from '../cache-provider.js'
import { startLife, type MonotonicClock } from '../lifetime.js'
import type { PageToken } from '../page-token.js'
import { BlockArena, emptyExtent, type Extent } from './block-arena.js'
import { createOperationGate } from './operation-gate.js'

/** What an entry costs beside its body and texts: token, record, numbers and its places in the index. */
const ENTRY_OVERHEAD_BYTES = 200

/** How often expired pages are let go. Nothing serves them in between; they only take up room. */
const PURGE_INTERVAL_MS = 5_000

/** A page whose body lies in the arena. */
type Entry = PageFacts & { readonly extent: Extent }

/**
 * Keeps pages in the memory of this process, within `bounds`; the page that was stored first goes first, whether it has
 * been peeked at or not. The body is copied, into memory that is used again for later pages: up to 4 KiB more than the
 * page itself, and as much in all as the most that ever waited in the last few seconds.
 * A lifetime is counted from `store` on a monotonic clock: a jump of the system clock changes nothing afterwards.
 * Throws `SETTINGS_INVALID` for bounds out of range. `clock` is for tests.
 */
export function createMemoryProvider(bounds?: CacheBounds, clock: MonotonicClock = performance): CacheProvider {
  const { maxCachedPages, maxCachedBytes } = resolveCacheBounds(bounds)
  const gate = createOperationGate('memory')
  const age = { now: () => clock.now() + 1 } // lru-cache takes an instant of 0 for none, and would never let that page go
  const arena = new BlockArena()
  const pages = new LRUCache<PageToken, Entry>({
    max: maxCachedPages,
    maxSize: maxCachedBytes,
    dispose: ({ extent }) => arena.free(extent),
    perf: age,
    ttlResolution: 0, // ask the clock each time: a remembered instant would serve a page late
  })
  let purge: NodeJS.Timeout | undefined

  // Only `set` and `peek`, never `get`: reading must not make a page younger.
  function look(token: PageToken): CapturedPage | undefined {
    const entry = pages.peek(token)
    if (entry === undefined) return undefined
    const { extent, ...page } = entry
    return { ...page, body: arena.read(extent) }
  }

  function take(token: PageToken): CapturedPage | undefined {
    const page = look(token)
    pages.delete(token)
    return page
  }

  /** The extent is the entry's from now on, or free again. */
  function keep(token: PageToken, page: PageFacts, extent: Extent): void {
    const { startedAt, lifetimeMs } = startLife(page.expiresAt, age)
    const size = sizeOf(page, extent)
    if (!(lifetimeMs > 0) || size > maxCachedBytes) {
      // What was there goes all the same.
      pages.delete(token)
      arena.free(extent)
      if (lifetimeMs > 0) throw pageTooLarge(size, maxCachedBytes)
      return
    }
    const { url, method, status, contentType, capturedAt, expiresAt } = page
    const entry = { url, method, status, contentType, capturedAt, expiresAt, extent }
    pages.set(token, entry, { size, start: startedAt, ttl: lifetimeMs })
    purge ??= setInterval(tidy, PURGE_INTERVAL_MS).unref()
  }

  function openSink(): BodySink {
    const extent = emptyExtent()
    return {
      add: (bytes) => arena.append(extent, bytes),
      discard: () => arena.free(extent),
      store(token, page, options) {
        if (!gate.admits(options?.signal)) {
          arena.free(extent)
          return gate.pass(() => undefined, options?.signal)
        }
        keep(token, page, extent)
        return undefined
      },
    }
  }

  function tidy(): void {
    pages.purgeStale()
    arena.trim()
  }

  return {
    name: 'memory',
    openSink,
    store(token, page, options) {
      return gate.pass(() => {
        const extent = emptyExtent()
        arena.append(extent, page.body)
        keep(token, page, extent)
      }, options?.signal)
    },
    pull: (token, options) => gate.pass(() => take(token), options?.signal),
    peek: (token, options) => gate.pass(() => look(token), options?.signal),
    remove: (token) => gate.pass(() => pages.peek(token) !== undefined && pages.delete(token)),
    check: () => Promise.resolve(gate.isClosed() ? ['The memory cache provider is closed; open a new one.'] : []),
    usage: () =>
      gate.pass(() => {
        pages.purgeStale()
        return { pages: pages.size, bytes: pages.calculatedSize, maxPages: maxCachedPages, maxBytes: maxCachedBytes }
      }),
    close() {
      clearInterval(purge)
      pages.clear()
      arena.trim()
      return gate.close()
    },
  }
}

function sizeOf({ url, method, contentType }: PageFacts, { bytes }: Extent): number {
  return bytes + url.length + method.length + contentType.length + ENTRY_OVERHEAD_BYTES
}
