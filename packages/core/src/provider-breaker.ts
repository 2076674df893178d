// Keeps a failing cache provider from being asked: five failures in a row open the breaker, and five seconds later one
// call tries again.
import { circuitBreaker, ConsecutiveBreaker, handleWhen, type IBackoff, type IBackoffFactory } from 'cockatiel'
import { FacsimileError } from './errors.js'

const FAILURES_TO_OPEN = 5
const RETRY_AFTER_MS = 5_000

/** A breaker for one kind of call: a store that is full may still hand out what it holds. */
export function createProviderBreaker() {
  // A page that is too large says nothing of the provider's health.
  const isFailure = (error: Error) => !(error instanceof FacsimileError && error.code === 'PAGE_TOO_LARGE')
  return circuitBreaker(handleWhen(isFailure), {
    halfOpenAfter: monotonicPause,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  })
}

/**
 * The breaker compares its pause with `Date.now()`, which an adjustment of the clock may throw back by an hour. So the
 * pause is either endless or over, and a clock that only moves forward decides which.
 */
const monotonicPause: IBackoffFactory<unknown> = { next: createPause }

function createPause(): IBackoff<unknown> {
  const endsAt = performance.now() + RETRY_AFTER_MS
  return {
    next: createPause,
    get duration() {
      return performance.now() < endsAt ? Infinity : -Infinity
    },
  }
}
