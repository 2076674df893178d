// Stands between the visitors' responses and a cache provider: stores in the background within bounds, and lets the
// fetcher wait for a page that is still on its way. Whatever the provider does, nothing here throws at a visitor.
import { AsyncResource } from 'node:async_hooks'
import { isBrokenCircuitError } from 'cockatiel'
import { CapturedBody } from './captured-body.js'
import type { CacheProvider, CapturedPage, PageFacts } from './cache-provider.js'
import { FacsimileError } from './errors.js'
import { createEventSource, type EventSource } from './events.js'
import type { Logger } from './logger.js'
import { createLossReport } from './loss-report.js'
import { createPageArrivals } from './page-arrivals.js'
import { createPageFates } from './page-fates.js'
import type { PageToken } from './page-token.js'
import type { Loss, Miss } from './words.js'
import { readProviderAnswer } from './provider-answer.js'
import { createProviderBreaker } from './provider-breaker.js'
import { createDeadline } from './with-deadline.js'

const MAX_STORES_IN_FLIGHT = 64
const MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024
const STORE_DEADLINE_MS = 2_000
const PULL_DEADLINE_MS = 1_000
const ARRIVAL_DEADLINE_MS = 2_000
const NOTHING_MORE = Object.freeze({})

/** A page on its way into the provider. */
interface Entry {
  readonly token: PageToken
  readonly page: PageFacts
  readonly body: CapturedBody
  readonly isInspected: boolean
  readonly startedAt: number
}

interface LossFacts {
  readonly reason: Loss
  readonly error?: unknown
  /** How long the provider was given; nothing where it was not asked. */
  readonly durationMs?: number
}

export interface PageStore {
  /** For the body of a page that is on its way, of which up to `maxBytes` are kept. */
  capture(maxBytes: number): CapturedBody
  /** Notes that the page of `token` is on its way, so that a fetch waits for it. */
  expect(token: PageToken): void
  /** The expected page will not come. */
  forget(token: PageToken): void
  /**
   * Stores in the background; a page that cannot be stored is counted and reported. When it returns, the body that was
   * held has been copied or let go. Of a page that is only inspected no event tells and no count.
   */
  keep(token: PageToken, page: PageFacts, body: CapturedBody, isInspected?: boolean): void
  /** Resolves when the page of `token` is not on its way any more; rejects with `PROVIDER_TIMEOUT` after 2 seconds. */
  arrival(token: PageToken): Promise<void>
  /**
   * Asks the provider. Rejects with a FacsimileError when it is slow, paused or answers nonsense; what a failing
   * provider rejects with is passed on.
   */
  fetch(token: PageToken, how: 'pull' | 'peek'): Promise<CapturedPage | undefined>
  /** The page of `token` was handed over, and `taken` or left where it is. */
  fetched(token: PageToken, taken: boolean): void
  /** Why `fetch` has found no page of `token`, as far as this process can know. */
  missOf(token: PageToken): Miss
  /** Why the page of `token` could not be stored; `undefined` when that is not what happened. */
  lossOf(token: PageToken): Loss | undefined
  /** Resolves when no store is under way, or after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>
  /** No page that waits is counted any more when its time is over. */
  close(): void
}

export function createPageStore(
  provider: CacheProvider,
  logger: Logger,
  events: EventSource = createEventSource(),
): PageStore {
  const storing = createProviderBreaker()
  const pulling = createProviderBreaker()
  const losses = createLossReport(logger, events)
  const arrivals = createPageArrivals()
  const fates = createPageFates(() => events.publish('facsimile:expired', () => NOTHING_MORE))
  const withinStoreDeadline = createDeadline(STORE_DEADLINE_MS)
  const withinPullDeadline = createDeadline(PULL_DEADLINE_MS)
  const slowStore = () =>
    new FacsimileError('PROVIDER_TIMEOUT', `${provider.name} did not store a page within ${STORE_DEADLINE_MS} ms.`)
  const slowPull = () =>
    new FacsimileError('PROVIDER_TIMEOUT', `${provider.name} did not answer within ${PULL_DEADLINE_MS} ms.`)
  const idle = new Set<() => void>()
  let storesInFlight = 0
  let bytesInFlight = 0

  function capture(maxBytes: number): CapturedBody {
    const isHeard = events.hasSubscribers('facsimile:stored') || events.hasSubscribers('facsimile:lost')
    return new CapturedBody(provider, maxBytes, isHeard ? new AsyncResource('FacsimilePage') : undefined)
  }

  function lose({ token, page, body, isInspected }: Entry, { reason, error, durationMs = 0 }: LossFacts): void {
    const { method, status } = page
    body.discard()
    if (!isInspected) body.inRequest(() => losses.add(reason, { method, status, durationMs }, error))
    fates.lost(token, reason)
    arrivals.settle(token)
  }

  function store(entry: Entry): void {
    const { token, page, body } = entry
    const answer = storing.execute(() =>
      withinStoreDeadline(slowStore, (signal) => body.store(token, page, { signal })),
    )
    if (answer === undefined) onStored(entry)
    else void waitFor(answer, entry)
  }

  async function waitFor(answer: Promise<void>, entry: Entry): Promise<void> {
    const { bytes } = entry.body
    storesInFlight++
    bytesInFlight += bytes
    try {
      await answer
      onStored(entry)
    } catch (error) {
      lose(entry, { reason: lossOf(error), error, durationMs: performance.now() - entry.startedAt })
    } finally {
      storesInFlight--
      bytesInFlight -= bytes
      if (storesInFlight === 0) idle.forEach((wake) => wake())
    }
  }

  function onStored({ token, page, body, startedAt, isInspected }: Entry): void {
    const { bytes } = body
    body.discard()
    if (!isInspected) fates.stored(token, page.expiresAt - page.capturedAt)
    arrivals.settle(token)
    if (isInspected) return
    const { method, status } = page
    body.inRequest(() =>
      events.publish('facsimile:stored', () => ({
        bytes,
        provider: provider.name,
        method,
        status,
        durationMs: performance.now() - startedAt,
      })),
    )
  }

  function refusalOf(body: CapturedBody): LossFacts | undefined {
    if (body.failure !== undefined) return { reason: 'failed', error: body.failure }
    if (body.tooLarge) return { reason: 'too-large' }
    if (storesInFlight >= MAX_STORES_IN_FLIGHT || bytesInFlight + body.bytes > MAX_BYTES_IN_FLIGHT) {
      const error = new FacsimileError(
        'PROVIDER_OVERLOADED',
        `${storesInFlight} pages with ${bytesInFlight} bytes are being stored already; look at the speed of ${provider.name}.`,
      )
      return { reason: 'overloaded', error }
    }
    // The breaker would let it wait for the call that tries; what was held may be another page's memory by then.
    return storing.isTrying ? { reason: 'paused' } : undefined
  }

  return {
    capture,
    expect: arrivals.expect,
    forget: arrivals.settle,
    keep(token, page, body, isInspected = false) {
      const refusal = refusalOf(body)
      const entry = { token, page, body, isInspected, startedAt: performance.now() }
      if (refusal === undefined) store(entry)
      else lose(entry, refusal)
    },
    arrival: (token) => arrivals.wait(token, ARRIVAL_DEADLINE_MS),
    fetched: fates.fetched,
    missOf: fates.missOf,
    lossOf: fates.lossOf,
    close: fates.close,
    async fetch(token, how) {
      try {
        return await pulling.execute(async () => {
          const answer = await withinPullDeadline(slowPull, (signal) =>
            Promise.resolve(provider[how](token, { signal })),
          )
          return readProviderAnswer(answer, provider.name)
        })
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
        const wake = () => {
          clearTimeout(timer)
          idle.delete(wake)
          resolve()
        }
        // Keeps the process alive on purpose: the caller waits, and whoever waits must be answered.
        const timer = setTimeout(wake, timeoutMs)
        idle.add(wake)
      })
      losses.flush()
    },
  }
}

function lossOf(error: unknown): Loss {
  if (isBrokenCircuitError(error)) return 'paused'
  if (!(error instanceof FacsimileError)) return 'failed'
  if (error.code === 'PAGE_TOO_LARGE') return 'too-large'
  if (error.code === 'PROVIDER_OVERLOADED') return 'overloaded'
  return error.code === 'PROVIDER_TIMEOUT' ? 'timeout' : 'failed'
}
