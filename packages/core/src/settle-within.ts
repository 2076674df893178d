// Follows a promise for somebody who will not wait for ever.
import type { DeadlineBatch } from './deadline-batches.js'
import { toError } from './errors.js'

export interface Limit {
  readonly batch: DeadlineBatch
  /** Makes what the promise rejects with at the batch's deadline, and what the batch's signal then aborts with. */
  readonly timeoutError: () => Error
}

export interface Bounds {
  readonly limit?: Limit
  /** The promise rejects with its reason as soon as it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when `answer` has settled or its deadline has come. */
  readonly onEnd?: () => void
}

/** Settles as `answer` does, or rejects when one of the bounds comes first. */
export function settleWithin<T>(answer: Promise<T>, { limit, signal, onEnd }: Bounds): Promise<T> {
  return new Promise((resolve, reject) => {
    let hasEnded = false
    const onAbort = signal && (() => reject(signal.reason as Error))
    const end = () => {
      if (hasEnded) return
      hasEnded = true
      limit?.batch.giveUps.delete(giveUp)
      if (onAbort) signal.removeEventListener('abort', onAbort)
      onEnd?.()
    }
    const giveUp = () => {
      const error = limit?.timeoutError()
      end()
      reject(toError(error))
      limit?.batch.controller.abort(error)
    }
    limit?.batch.giveUps.add(giveUp)
    if (onAbort) signal.addEventListener('abort', onAbort, { once: true })
    answer.then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(toError(error))
      },
    )
  })
}
