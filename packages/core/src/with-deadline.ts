// Bounds the time that anybody waits for a cache provider, whatever the provider does.
import { setMaxListeners } from 'node:events'
import { toError } from './errors.js'

/**
 * Calls `action` with a signal and answers as it does: nothing where there is nothing to wait for. When it has not settled
 * after the deadline, aborts the signal and rejects, both with what `timeoutError` makes; what it settles with later is
 * dropped.
 */
export interface WithDeadline {
  <T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T>): Promise<T>
  <T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T> | undefined): Promise<T> | undefined
}

/** Calls that began in the same short while share a timer and a signal, which thousands of stores a second would feel. */
const SHARED_MS = 50

interface Batch {
  readonly controller: AbortController
  readonly startedAt: number
  /** What gives up each call that is still under way. */
  readonly giveUps: Set<() => void>
  readonly timer: NodeJS.Timeout
}

/** The deadline is `timeoutMs` after the call began, or up to 50 ms earlier. */
export function createDeadline(timeoutMs: number): WithDeadline {
  let current: Batch | undefined

  function openBatch(startedAt: number): Batch {
    const giveUps = new Set<() => void>()
    const expire = () => giveUps.forEach((giveUp) => giveUp())
    const timer = setTimeout(expire, timeoutMs).unref()
    const controller = new AbortController()
    // Every call of the batch may listen; how many there are is bounded where they begin.
    setMaxListeners(0, controller.signal)
    return { controller, startedAt, giveUps, timer }
  }

  function join(): Batch {
    const now = performance.now()
    if (current === undefined || now - current.startedAt > SHARED_MS) {
      // Nobody can join the last one any more, so when nobody waits in it, its timer has no use.
      if (current?.giveUps.size === 0) clearTimeout(current.timer)
      current = openBatch(now)
    }
    return current
  }

  function within<T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T>): Promise<T>
  function within<T>(
    timeoutError: () => Error,
    action: (signal: AbortSignal) => Promise<T> | undefined,
  ): Promise<T> | undefined
  function within<T>(timeoutError: () => Error, action: (signal: AbortSignal) => Promise<T> | undefined) {
    const batch = join()
    const answer = action(batch.controller.signal)
    return answer && settleInTime(answer, batch, timeoutError)
  }

  return within
}

function settleInTime<T>(answer: Promise<T>, { controller, giveUps }: Batch, timeoutError: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      const error = timeoutError()
      reject(error)
      controller.abort(error)
    }
    giveUps.add(giveUp)
    const leave = () => giveUps.delete(giveUp)
    answer.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(toError(error))
      },
    )
  })
}
