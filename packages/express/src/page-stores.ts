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
    return { provider, pages: createPageStore(provider, logger, events), settings }
  }

  function retire(store: OpenStore): void {
    const lifeMs = store.settings.maxCachedSeconds * 1000
    const timer = setTimeout(() => {
      retired = retired.filter((other) => other.pages !== store.pages)
      closeStore(store).catch((error: unknown) => {
        logger.warn({ err: error }, `The cache provider of earlier settings, ${store.provider.name}, did not close.`)
      })
    }, lifeMs + GRACE_MS).unref()
    retired = [{ ...store, timer }, ...retired]
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
        current = { ...current, settings }
        return current.pages
      }
      const next = open(settings)
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
      return retired.length === 0 && current !== undefined
        ? current.pages.fetch(token, how)
        : fetchFromAny(
            all().map(({ pages }) => pages),
            token,
            how,
          )
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
