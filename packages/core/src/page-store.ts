// Stands between the visitors' responses and a cache provider: stores in the background within bounds, and lets the
// fetcher wait for a page that is still on its way. Whatever the provider does, nothing here throws at a visitor.
import { circuitBreaker, ConsecutiveBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel'
import type { CacheProvider, CapturedPage } from './cache-provider.js'
import { FacsimileError } from './errors.js'
import { publish } from './events.js'
import type { Logger } from './logger.js'
import { createLossReport } from './loss-report.js'
import type { PageToken } from './page-token.js'
import type { Loss } from './pass-over.js'

const MAX_STORES_IN_FLIGHT = 64
const MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024
const STORE_DEADLINE_MS = 2_000
const PULL_DEADLINE_MS = 1_000
const ARRIVAL_DEADLINE_MS = 2_000
/** The breaker: so many failures in a row open it, and after so long one call tries again. */
const FAILURES_TO_OPEN = 5
const RETRY_AFTER_MS = 5_000

export interface PageStore {
  /** Notes that the page of `token` is on its way, so that a fetch waits for it. */
  expect(token: PageToken): void
  /** The expected page will not come. */
  forget(token: PageToken): void
  /** Stores in the background; a page that cannot be stored is counted and reported. */
  keep(token: PageToken, page: CapturedPage): void
  /** Counts a page that was lost before it came here. */
  lose(token: PageToken, reason: Loss): void
  /**
   * The page, after waiting for one that is on its way. Rejects with a FacsimileError when the provider fails, is slow
   * or paused, or when the page did not arrive in time.
   */
  fetch(token: PageToken, how: 'pull' | 'peek'): Promise<CapturedPage | undefined>
  /** Resolves when no store is under way, or after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>
}

export function createPageStore(provider: CacheProvider, logger: Logger): PageStore {
  const storing = createBreaker()
  const pulling = createBreaker()
  const losses = createLossReport(logger)
  const arriving = new Map<PageToken, (() => void)[]>()
  const idle: (() => void)[] = []
  let storesInFlight = 0
  let bytesInFlight = 0

  function settle(token: PageToken): void {
    const waiting = arriving.get(token)
    arriving.delete(token)
    waiting?.forEach((wake) => wake())
  }

  function lose(token: PageToken, reason: Loss, error?: unknown): void {
    losses.add(reason, error)
    settle(token)
  }

  async function store(token: PageToken, page: CapturedPage): Promise<void> {
    const startedAt = performance.now()
    storesInFlight++
    bytesInFlight += page.body.length
    try {
      await storing.execute(() =>
        withDeadline(STORE_DEADLINE_MS, `${provider.name} did not store a page`, (signal) =>
          provider.store(token, page, { signal }),
        ),
      )
      settle(token)
      publish('facsimile:stored', () => ({ bytes: page.body.length, durationMs: performance.now() - startedAt }))
    } catch (error) {
      lose(token, lossOf(error), error)
    } finally {
      storesInFlight--
      bytesInFlight -= page.body.length
      if (storesInFlight === 0) idle.splice(0).forEach((wake) => wake())
    }
  }

  async function arrival(token: PageToken): Promise<void> {
    const waiting = arriving.get(token)
    if (waiting === undefined) return
    await withDeadline(
      ARRIVAL_DEADLINE_MS,
      'the page is still on its way',
      () => new Promise<void>((wake) => waiting.push(wake)),
    )
  }

  return {
    expect(token) {
      if (!arriving.has(token)) arriving.set(token, [])
    },
    forget: settle,
    lose,
    keep(token, page) {
      if (storesInFlight >= MAX_STORES_IN_FLIGHT || bytesInFlight + page.body.length > MAX_BYTES_IN_FLIGHT) {
        lose(token, 'overloaded')
      } else void store(token, page)
    },
    async fetch(token, how) {
      await arrival(token)
      try {
        return await pulling.execute(() =>
          withDeadline(PULL_DEADLINE_MS, `${provider.name} did not answer`, (signal) =>
            provider[how](token, { signal }),
          ),
        )
      } catch (error) {
        if (!isBrokenCircuitError(error)) throw error
        throw new FacsimileError(
          'PROVIDER_PAUSED',
          `${provider.name} failed repeatedly and is left alone for a few seconds.`,
          { cause: error },
        )
      }
    },
    async flush(timeoutMs) {
      losses.flush()
      if (storesInFlight === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        idle.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      losses.flush()
    },
  }
}

/** A page that is too large says nothing of the provider's health. */
function createBreaker() {
  return circuitBreaker(
    handleWhen((error) => !(error instanceof FacsimileError && error.code === 'PAGE_TOO_LARGE')),
    { halfOpenAfter: RETRY_AFTER_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  )
}

function lossOf(error: unknown): Loss {
  if (isBrokenCircuitError(error)) return 'paused'
  if (!(error instanceof FacsimileError)) return 'failed'
  if (error.code === 'PAGE_TOO_LARGE') return 'too-large'
  return error.code === 'PROVIDER_TIMEOUT' ? 'timeout' : 'failed'
}

/** Calls `action` with a signal; when it has not settled in time, aborts the signal and rejects with `PROVIDER_TIMEOUT`. */
async function withDeadline<T>(
  timeoutMs: number,
  what: string,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new FacsimileError('PROVIDER_TIMEOUT', `${what} within ${timeoutMs} ms.`)
      reject(error)
      controller.abort(error)
    }, timeoutMs).unref()
  })
  try {
    return await Promise.race([action(controller.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}
