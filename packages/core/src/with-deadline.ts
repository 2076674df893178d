// Bounds the time that anybody waits for a cache provider, whatever the provider does.
import { setMaxListeners } from 'node:events'
import { FacsimileError, toError } from './errors.js'

/**
 * Calls `action` with a signal and answers as it does. When it has not settled after the deadline, aborts the signal and
 * rejects with `PROVIDER_TIMEOUT` and `message`; what it settles with later is dropped.
 */
export type WithDeadline = <T>(message: string, action: (signal: AbortSignal) => Promise<T>) => Promise<T>

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

  return (message, action) =>
    new Promise((resolve, reject) => {
      const batch = join()
      const giveUp = () => {
        const error = new FacsimileError('PROVIDER_TIMEOUT', message)
        reject(error)
        batch.controller.abort(error)
      }
      batch.giveUps.add(giveUp)
      const leave = () => batch.giveUps.delete(giveUp)
      start(() => action(batch.controller.signal)).then(
        (answer) => {
          leave()
          resolve(answer)
        },
        (error: unknown) => {
          leave()
          reject(toError(error))
        },
      )
    })
}

/** A provider that throws instead of rejecting is one that rejects. */
function start<T>(action: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(action())
  } catch (error) {
    return Promise.reject(toError(error))
  }
}
