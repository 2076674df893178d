// The page stores of one Facsimile: the one that takes new pages and, after a change of settings, those whose pages the
// crawler may still come for.
import { isDeepStrictEqual } from 'node:util'
import {
  createPageStore,
  explain,
  openCacheProvider,
  type CacheProvider,
  type CapturedPage,
  type EventSource,
  type Logger,
  type Loss,
  type Miss,
  type PageFacts,
  type PageStore,
  type PageToken,
  type Settings,
} from '@facsimile/core'
import { protectAtRest } from '@facsimile/core/at-rest'

/** The log is told of unreadable pages at most so often; the events of each. */
const QUIET_MS = 60_000
/** A store that retires is closed a little after its last page has expired. */
const GRACE_MS = 1_000
/** With settings that change again and again the oldest of more stores are given up, with the pages in them. */
const MAX_RETIRED = 8
/** Beside `cacheProvider`, what makes a store another one. */
const STORE_SETTINGS = ['maxCachedPages', 'maxCachedBytes', 'encryptionKeys', 'compression', 'disableCache'] as const

/** What the fetcher asks for pages. */
export interface StoredPages {
  arrival(token: PageToken): Promise<void>
  fetch(token: PageToken, how: 'pull' | 'peek'): Promise<CapturedPage | undefined>
  fetched(token: PageToken, taken: boolean): void
  missOf(token: PageToken): Miss
}

export interface PageStores extends StoredPages {
  /** Why the page of `token` could not be stored; `undefined` when that is not what happened. */
  lossOf(token: PageToken): Loss | undefined
  /** The store for pages under `settings`: the same one as before unless what concerns it was changed. */
  use(settings: Settings): PageStore | undefined
  /**
   * Stores a page that no visitor got, and that nothing counts; resolves when it is there or lost, with false where
   * nothing is stored. Rejects with `PROVIDER_TIMEOUT` after 2 seconds.
   */
  tryOut(token: PageToken, page: PageFacts, body: Buffer): Promise<boolean>
  /** What the pages of the present settings are kept in. */
  readonly provider: CacheProvider | undefined
  flush(timeoutMs: number): Promise<void>
  /** Closes the providers that were opened here. */
  close(): Promise<void>
}

interface OpenStore {
  readonly pages: PageStore
  readonly provider: CacheProvider
  readonly settings: Settings
  /** Until when pages from before its present settings may wait, by a clock that only moves forward. */
  readonly earlierEnd: number
}

interface RetiredStore extends OpenStore {
  readonly timer: NodeJS.Timeout
}

export function createPageStores(logger: Logger, events: EventSource): PageStores {
  let current: OpenStore | undefined
  /** The latest first. */
  let retired: readonly RetiredStore[] = []

  function open(settings: Settings): OpenStore | undefined {
    if (settings.disableCache) return undefined
    const provider = openProvider(settings, logger, events)
    return { provider, pages: createPageStore(provider, logger, events), settings, earlierEnd: 0 }
  }

  function giveUp(store: RetiredStore): void {
    retired = retired.filter((other) => other !== store)
    clearTimeout(store.timer)
    closeStore(store).catch((error: unknown) => {
      logger.warn({ err: error }, `The cache provider of earlier settings, ${store.provider.name}, did not close.`)
    })
  }

  function retire(store: OpenStore): void {
    const timer = setTimeout(() => giveUp(leaving), endOf(store) - performance.now() + GRACE_MS).unref()
    const leaving: RetiredStore = { ...store, timer }
    retired = [leaving, ...retired]
    for (const oldest of retired.slice(MAX_RETIRED)) {
      logger.warn(
        { provider: oldest.provider.name },
        `The settings changed so often that ${MAX_RETIRED} stores of earlier ones wait for the crawler: the oldest is given up, with the pages in it.`,
      )
      giveUp(oldest)
    }
  }

  /** One that has retired comes back where a change is taken back. */
  function storeFor(settings: Settings): OpenStore | undefined {
    const earlier = retired.find((store) => isSameStore(store.settings, settings))
    if (earlier === undefined) return open(settings)
    retired = retired.filter((other) => other !== earlier)
    clearTimeout(earlier.timer)
    return renew(earlier, settings)
  }

  const all = () => (current === undefined ? retired : [current, ...retired])
  const knowing = (token: PageToken) =>
    retired.length === 0 ? current?.pages : all().find(({ pages }) => pages.missOf(token) !== 'unknown')?.pages

  return {
    get provider() {
      return current?.provider
    },
    use(settings) {
      if (current !== undefined && isSameStore(current.settings, settings)) {
        current = renew(current, settings)
        return current.pages
      }
      const next = storeFor(settings)
      if (current !== undefined) retire(current)
      current = next
      return next?.pages
    },
    async tryOut(token, page, body) {
      if (current === undefined) return false
      const { pages } = current
      const captured = pages.capture(body.length)
      captured.hold(body, true)
      pages.expect(token)
      pages.keep(token, page, captured, true)
      await pages.arrival(token)
      return true
    },
    arrival(token) {
      if (retired.length === 0) return current?.pages.arrival(token) ?? Promise.resolve()
      return Promise.all(all().map(({ pages }) => pages.arrival(token))).then(() => undefined)
    },
    fetch(token, how) {
      if (retired.length === 0 && current !== undefined) return current.pages.fetch(token, how)
      // First the one that stored it: two may work on the same files or tables, and what cannot be opened is gone all the same.
      const first = knowing(token)
      const stores = all().map(({ pages }) => pages)
      const order = first === undefined ? stores : [first, ...stores.filter((pages) => pages !== first)]
      return fetchFromAny(order, token, how)
    },
    fetched(token, taken) {
      const pages = knowing(token) ?? current?.pages
      pages?.fetched(token, taken)
    },
    lossOf: (token) => knowing(token)?.lossOf(token),
    missOf: (token) => knowing(token)?.missOf(token) ?? 'unknown',
    async flush(timeoutMs) {
      await Promise.all(all().map(({ pages }) => pages.flush(timeoutMs)))
    },
    async close() {
      retired.forEach(({ timer }) => clearTimeout(timer))
      await Promise.all(all().map(closeStore))
    },
  }
}

async function fetchFromAny(
  stores: readonly PageStore[],
  token: PageToken,
  how: 'pull' | 'peek',
): Promise<CapturedPage | undefined> {
  for (const pages of stores) {
    const page = await pages.fetch(token, how)
    if (page !== undefined) return page
  }
  return undefined
}

/** When the last page that is stored by now expires. */
function endOf({ earlierEnd, settings }: OpenStore): number {
  return Math.max(earlierEnd, performance.now() + settings.maxCachedSeconds * 1000)
}

/** The same store under `settings`. */
function renew(store: OpenStore, settings: Settings): OpenStore {
  const { pages, provider } = store
  return { pages, provider, settings, earlierEnd: endOf(store) }
}

async function closeStore({ pages, provider, settings }: OpenStore): Promise<void> {
  pages.close()
  if (typeof settings.cacheProvider === 'string') await provider.close()
}

function isSameStore(before: Settings, after: Settings): boolean {
  if (before.cacheProvider !== after.cacheProvider) return false
  return STORE_SETTINGS.every((key) => isDeepStrictEqual(before[key], after[key]))
}

function openProvider(settings: Settings, logger: Logger, events: EventSource): CacheProvider {
  const { cacheProvider, maxCachedPages, maxCachedBytes, encryptionKeys, compression } = settings
  const provider =
    typeof cacheProvider === 'string'
      ? openCacheProvider(cacheProvider, { maxCachedPages, maxCachedBytes })
      : cacheProvider
  let quietUntil = -Infinity
  return protectAtRest(provider, {
    encryptionKeys,
    compression,
    onUnreadable(reason) {
      events.publish('facsimile:unreadable', () => ({ reason }))
      if (performance.now() < quietUntil) return
      quietUntil = performance.now() + QUIET_MS
      logger.warn({ reason }, `A stored page could not be opened. ${explain('unreadable', reason)}`)
    },
  })
}
