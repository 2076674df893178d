// The time that one call has, shared by everything it waits for.
import { FacsimileError } from '../../errors.js'

/** One answer is waited for at a time. */
export interface Deadline {
  /**
   * Calls `begin` with a Node callback and settles as it is called. When time is over first, or was before, rejects with
   * `PROVIDER_TIMEOUT`; an answer that comes too late is given to `onLate`.
   */
  answer<T>(
    begin: (done: (error: Error | null, answer: T) => void) => void,
    onTimeout: () => void,
    onLate?: (answer: T) => void,
  ): Promise<T>
  /** Nothing more is waited for. */
  end(): void
}

/** A deadline `timeoutMs` from now. */
export function startDeadline(timeoutMs: number): Deadline {
  let isOver = false
  let giveUp: (() => void) | undefined
  const timer = setTimeout(() => {
    isOver = true
    giveUp?.()
  }, timeoutMs).unref()
  return {
    answer: (begin, onTimeout, onLate) =>
      new Promise((resolve, reject) => {
        let isGivenUp = false
        const stop = () => {
          isGivenUp = true
          onTimeout()
          reject(new FacsimileError('PROVIDER_TIMEOUT', `no answer within ${timeoutMs} ms`))
        }
        if (isOver) return stop()
        giveUp = stop
        begin((error, answer) => {
          if (isGivenUp) {
            if (!error) onLate?.(answer)
            return
          }
          giveUp = undefined
          if (error) reject(error)
          else resolve(answer)
        })
      }),
    end: () => clearTimeout(timer),
  }
}
