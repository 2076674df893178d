// Puts the parts together: settings in, middleware out.
import {
  createAddressGuard,
  createPageStore,
  createSafeLogger,
  openCacheProvider,
  explain,
  publish,
  resolveSettings,
  type CacheProvider,
  type FacsimileSettings,
  type Logger,
  type PageToken,
  type Settings,
} from '@facsimile/core'
import { protectAtRest } from '@facsimile/core/at-rest'
import { createFetcher } from './fetcher.js'
import { createFilterContext } from './filter-context.js'
import { hasPath, urlOf, type Middleware, type Response } from './http-types.js'
import { createResponseFilter } from './response-filter.js'

const DEFAULT_TIMEOUT_MS = 5_000
/** The log is told of unreadable pages at most so often; the events of each. */
const QUIET_MS = 60_000

export interface Facsimile {
  /** Filter and fetcher in one; mount it before the routes, and after `compression`. */
  readonly middleware: Middleware
  /** Inserts the snippets into pages and stores what passes. */
  readonly responseFilter: Middleware
  /** Answers the crawler under `fetchPath`; every other request goes on. */
  readonly fetcher: Middleware
  /**
   * The token of the page that `res` will be, for an application that places it itself; `undefined` when the page will
   * not be stored. Ask before the page is written.
   */
  tokenFor(res: Response): PageToken | undefined
  /** Resolves when no page is being stored any more, at the latest after `timeoutMs` (5000). */
  flush(timeoutMs?: number): Promise<void>
  /** Flushes, and closes the cache provider if it was opened from a location. The process can then exit. */
  close(timeoutMs?: number): Promise<void>
}

/** Clock and chance, for tests that must decide them. */
export interface FacsimileInternals {
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** From 0 to just under 1. @default Math.random */
  readonly random?: () => number
}

/**
 * Checks the settings and makes the middleware; connects to nothing yet. Throws a FacsimileError that names the key,
 * the value and the remedy: `SETTINGS_INVALID`, `ADDRESS_INVALID` or `LOCATION_INVALID`.
 */
export function createFacsimile(input: FacsimileSettings = {}, internals: FacsimileInternals = {}): Facsimile {
  const { now = Date.now, random = Math.random } = internals
  const settings = resolveSettings(input)
  const logger = createSafeLogger(settings.logger)
  const guard = createAddressGuard({ ...settings.clientAddress, allowedAddresses: settings.allowedAddresses })
  const provider = settings.disableCache ? undefined : providerOf(settings, logger)
  const pages = provider === undefined ? undefined : createPageStore(provider, logger)
  const filter = createResponseFilter(createFilterContext({ settings, guard, logger, pages, now, random }))
  const fetcher = createFetcher({ settings, guard, logger, pages, now })
  warnOfGaps(settings, logger)

  async function flush(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    await pages?.flush(timeoutMs)
  }

  return {
    middleware: function facsimileMiddleware(req, res, next) {
      const url = urlOf(req)
      if (hasPath(url, settings.fetchPath)) fetcher(req, res, next)
      else filter.pass(req, res, url, next)
    },
    responseFilter: function facsimileResponseFilter(req, res, next) {
      filter.pass(req, res, urlOf(req), next)
    },
    fetcher,
    tokenFor: (res) => filter.tokenFor(res),
    flush,
    async close(timeoutMs) {
      await flush(timeoutMs)
      if (typeof settings.cacheProvider === 'string') await provider?.close()
    },
  }
}

function providerOf(settings: Settings, logger: Logger): CacheProvider {
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
      publish('facsimile:unreadable', () => ({ reason }))
      if (performance.now() < quietUntil) return
      quietUntil = performance.now() + QUIET_MS
      logger.warn({ reason }, `A stored page could not be opened. ${explain('unreadable', reason)}`)
    },
  })
}

/** Logs what is allowed and probably not meant. */
function warnOfGaps(settings: Settings, logger: Logger): void {
  if (settings.disableCache) return
  const { allowedAddresses, disableFilter, fetchPath, fetchUrl, snippets } = settings
  if (disableFilter || !snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html))) {
    logger.warn(
      {},
      'No snippet carries %FetchUrl% or %CacheToken%: the crawler finds stored pages only where the application places tokenFor(res) itself.',
    )
  }
  if (allowedAddresses.length === 0) {
    logger.warn({}, 'allowedAddresses is empty: nobody can fetch the stored pages. List the addresses of the crawler.')
  }
  if (fetchUrl !== undefined && !leadsTo(fetchUrl, fetchPath)) {
    logger.warn(
      { fetchUrl, fetchPath },
      `fetchUrl does not lead to ${fetchPath}?t=%CacheToken%: unless a proxy rewrites it, the crawler will not find the fetcher.`,
    )
  }
}

function leadsTo(fetchUrl: string, fetchPath: string): boolean {
  const { pathname, searchParams } = new URL(fetchUrl.replaceAll('%CacheToken%', 'token'))
  return pathname === fetchPath && searchParams.getAll('t').join() === 'token'
}
