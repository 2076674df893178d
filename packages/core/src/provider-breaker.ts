// Keeps a failing cache provider from being asked: five failures in a row open the breaker, and five seconds later one
// call tries again.
import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
} from 'cockatiel'
import { FacsimileError, toError } from './errors.js'

const FAILURES_TO_OPEN = 5
const RETRY_AFTER_MS = 5_000

export interface ProviderBreaker {
  /** Whether a call now would wait for the one that tries. */
  readonly isTrying: boolean
  /**
   * Calls `action` at once and answers as it does, with nothing where it has nothing to wait for; rejects when it throws,
   * and with a BrokenCircuitError while the breaker is open.
   */
  execute<T>(action: () => Promise<T> | undefined): Promise<T | undefined> | undefined
}

/** A breaker for one kind of call: a store that is full may still hand out what it holds. */
export function createProviderBreaker(): ProviderBreaker {
  const breaker = createBreaker()
  /** Whether the last call that has ended went well. The breaker, which costs each call six promises, has no work then. */
  let isWell = true

  async function tryAgain<T>(action: () => Promise<T> | undefined): Promise<T | undefined> {
    const answer = await breaker.execute(action)
    isWell = true
    return answer
  }

  /** The breaker only counts it: the caller hears what went wrong even when others have opened the breaker since. */
  async function count(error: unknown): Promise<never> {
    isWell = false
    await breaker.execute(() => Promise.reject(toError(error))).catch(() => undefined)
    throw error
  }

  return {
    get isTrying() {
      return breaker.state === CircuitState.HalfOpen
    },
    execute(action) {
      if (!isWell) return tryAgain(action)
      try {
        return action()?.catch(count)
      } catch (error) {
        return count(error)
      }
    },
  }
}

function createBreaker() {
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
