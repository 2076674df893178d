// How long a page may still live, measured so that a later jump of the system clock changes nothing.
import type { UnixMs } from './cache-provider.js'

/** A clock that only moves forward, in milliseconds, such as `performance`. */
export interface MonotonicClock {
  now(): number
}

/** The rest of a page's life, on a monotonic clock. */
export interface Life {
  readonly startedAt: number
  /** Zero or less: the page has expired. */
  readonly lifetimeMs: number
}

/**
 * What is left of a page's life. A provider asks once, when it stores, and counts from `startedAt` on the same clock.
 * A page may go a moment early but never a moment late: so a millisecond is taken off, which `Date.now()` may hide, and
 * the monotonic clock is read first, so that a pause of the process between the two counts against the page.
 */
export function startLife(expiresAt: UnixMs, clock: MonotonicClock): Life {
  const startedAt = clock.now()
  return { startedAt, lifetimeMs: expiresAt - Date.now() - 1 }
}
