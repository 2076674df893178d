// Puts the parts together: settings in, middleware out.
import { createEventSource, createSafeLogger, type PageToken } from '@facsimile/core'
import { createDebugPage } from './debug/debug-page.js'
import { createGeneration, type Generation } from './generation.js'
import { hasPath, urlOf, type Middleware, type Request, type Response } from './http-types.js'
import { followSettings, type SettingsState } from './live-settings.js'
import { createPageStores } from './page-stores.js'
import { createPastPaths } from './past-paths.js'
import { warnOfGaps } from './setting-gaps.js'
import { createWatches } from './watches.js'
import { openSettings, type LiveFacsimileSettings } from './settings-source.js'

const DEFAULT_TIMEOUT_MS = 5_000

export interface Facsimile {
  /** Filter, fetcher and debug page in one; mount it before the routes, and after `compression`. */
  readonly middleware: Middleware
  /** Inserts the snippets into pages and stores what passes. */
  readonly responseFilter: Middleware
  /** Answers the crawler under `fetchPath`; every other request goes on. */
  readonly fetcher: Middleware
  /** Shows allowed addresses under `debugPath` why a page is or is not recorded; every other request goes on. */
  readonly debugPage: Middleware
  /**
   * The token of the page that `res` will be, for an application that places it itself; `undefined` when the page will
   * not be stored. Ask before the page is written.
   */
  tokenFor(res: Response): PageToken | undefined
  /**
   * Reads `settingsFile` now, for those who do not wait until the change is seen, within a second or two. Rejects with
   * `SETTINGS_INVALID` or `ADDRESS_INVALID` when it cannot be used; the settings before stay in force then.
   */
  reload(): Promise<void>
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
export function createFacsimile(input: LiveFacsimileSettings = {}, internals: FacsimileInternals = {}): Facsimile {
  const { now = Date.now, random = Math.random } = internals
  const source = openSettings(input)
  const logger = createSafeLogger(source.first.logger)
  const events = createEventSource()
  const stores = createPageStores(logger, events)
  const watches = createWatches()
  const parts = { owner: stores, logger, events, stores, watches, now, random }
  const pastPaths = createPastPaths()
  let current: Generation = createGeneration(source.first, parts)
  warnOfGaps(source.first, logger)
  const state = (): SettingsState => live.state
  const debug = createDebugPage({ logger, events, stores, watches, current: () => current, state, now })
  debug.use(current.settings, current.guard)
  const live = followSettings({
    source,
    logger,
    events,
    now,
    apply(settings) {
      const before = current.settings
      current = createGeneration(settings, parts)
      // Also where the path stays: pages may have been stored for longer than those from now on.
      pastPaths.add(before.fetchPath, before.maxCachedSeconds * 1000)
      warnOfGaps(settings, logger)
      debug.use(settings, current.guard)
    },
  })

  const isForFetcher = (url: string) => hasPath(url, current.settings.fetchPath) || pastPaths.has(url)

  function answerFetch(req: Request, res: Response, url: string): void {
    const fetcher = debug.isOwnFetch(url) ? current.quietFetcher : current.fetcher
    fetcher(req, res)
  }

  async function flush(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    await stores.flush(timeoutMs)
  }

  return {
    middleware: function facsimileMiddleware(req, res, next) {
      const url = urlOf(req)
      if (isForFetcher(url)) answerFetch(req, res, url)
      else if (debug.answersTo(url)) debug.answer(req, res)
      else current.filter.pass(req, res, url, next)
    },
    responseFilter: function facsimileResponseFilter(req, res, next) {
      current.filter.pass(req, res, urlOf(req), next)
    },
    fetcher: function facsimileFetcher(req, res, next) {
      const url = urlOf(req)
      if (isForFetcher(url)) answerFetch(req, res, url)
      else next()
    },
    debugPage: function facsimileDebugPage(req, res, next) {
      if (debug.answersTo(urlOf(req))) debug.answer(req, res)
      else next()
    },
    tokenFor: (res) => current.filter.tokenFor(res),
    reload: live.reload,
    flush,
    async close(timeoutMs) {
      live.close()
      debug.close()
      await flush(timeoutMs)
      await stores.close()
    },
  }
}
