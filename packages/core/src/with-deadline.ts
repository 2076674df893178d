// Bounds the time that anybody waits for a cache provider, whatever the provider does.
import { createDeadlineBatches } from './deadline-batches.js'
import { settleWithin } from './settle-within.js'

/**
 * Calls `action` with a signal and answers as it does: nothing where there is nothing to wait for. When it has not settled
 * after the deadline, aborts the signal and rejects, both with what `timeoutError` makes; what it settles with later is
 * dropped.
 */
export interface WithDeadline {
  <T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T>): Promise<T>
  <T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T> | undefined): Promise<T> | undefined
}

/** The deadline is `timeoutMs` after the call began, or up to 50 ms earlier. */
export function createDeadline(timeoutMs: number): WithDeadline {
  const join = createDeadlineBatches(timeoutMs)

  function within<T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T>): Promise<T>
  function within<T>(
    timeoutError: () => Error,
    action: (signal: AbortSignal) => Promise<T> | undefined,
  ): Promise<T> | undefined
  function within<T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T> | undefined) {
    const batch = join()
    const answer = action(batch.controller.signal)
    return answer && settleWithin(answer, { limit: { batch, timeoutError } })
  }

  return within
}
