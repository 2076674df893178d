// The time that one call has, shared by everything it waits for.
import { FacsimileError } from '../../errors.js'

export interface Deadline {
  /**
   * Calls `begin` with a Node callback and settles as it is called. When time is over first, rejects with
   * `PROVIDER_TIMEOUT`; an answer that comes too late is given to `onLate`.
   */
  answer<T>(
    begin: (done: (error: Error | null, answer: T) => void) => void,
    onTimeout: () => void,
    onLate?: (answer: T) => void,
  ): Promise<T>
}

/** A deadline `timeoutMs` from now. */
export function startDeadline(timeoutMs: number): Deadline {
  const end = performance.now() + timeoutMs
  return {
    answer: (begin, onTimeout, onLate) =>
      new Promise((resolve, reject) => {
        let over = false
        const giveUp = () => {
          over = true
          onTimeout()
          reject(new FacsimileError('PROVIDER_TIMEOUT', `no answer within ${timeoutMs} ms`))
        }
        const timer = setTimeout(giveUp, Math.max(0, end - performance.now())).unref()
        begin((error, answer) => {
          clearTimeout(timer)
          if (over) {
            if (!error) onLate?.(answer)
            return
          }
          if (error) reject(error)
          else resolve(answer)
        })
      }),
  }
}
