// How long a page may still live, measured so that a later jump of the system clock changes nothing.
import type { UnixMs } from './cache-provider.js'

/**
 * Milliseconds until `expiresAt`, one less than the difference: `Date.now()` hides up to a millisecond, and a page may
 * go a moment early but never a moment late. Zero or negative: the page has expired. A provider asks once, when it
 * stores, and counts from there on a monotonic clock.
 */
export function remainingMs(expiresAt: UnixMs): number {
  return expiresAt - Date.now() - 1
}
