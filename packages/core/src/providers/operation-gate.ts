// The gate that every call to a cache provider passes: refused after close(), refused when cancelled, else counted.
import { isPromise } from 'node:util/types'
import { FacsimileError, toError } from '../errors.js'
import { settleWithin, type Bounds, type Limit } from '../settle-within.js'

/** How long `close()` waits for operations that are under way. */
const CLOSE_WAIT_MS = 5_000

interface OperationGate {
  /**
   * Runs `operation` and answers as it does. Rejects with `PROVIDER_CLOSED` after `close()` and with the signal's reason
   * as soon as `signal` aborts; an operation that has begun then ends by itself, and its answer is dropped.
   */
  pass<T>(operation: () => T | Promise<T>, signal?: AbortSignal): Promise<T>
  /** The same with a deadline, at which the signal that `operation` is given aborts. */
  passInTime<T>(operation: (late: AbortSignal) => Promise<T>, limit: Limit, signal?: AbortSignal): Promise<T>
  /** Refuses from now on; resolves when what is under way has ended, after 5 seconds at the latest. */
  close(): Promise<void>
  isClosed(): boolean
  /** Whether `pass` would run an operation now. */
  admits(signal?: AbortSignal): boolean
}

/** A gate for the provider called `providerName`. */
export function createOperationGate(providerName: string): OperationGate {
  const idle = new Set<() => void>()
  let underWay = 0
  let closed = false

  function onEnd(): void {
    underWay--
    if (underWay === 0) idle.forEach((wake) => wake())
  }

  // Not async, because each promise more is felt by a store that answers in microseconds.
  function run<T>(operation: () => T | Promise<T>, bounds: Bounds): Promise<T> {
    if (closed) return Promise.reject(providerClosed(providerName))
    try {
      bounds.signal?.throwIfAborted()
      const answer = operation()
      if (!isPromise(answer)) return Promise.resolve(answer)
      underWay++
      return settleWithin(answer, bounds)
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  return {
    pass: (operation, signal) => run(operation, { signal, onEnd }),

    passInTime(operation, limit, signal) {
      return run(() => operation(limit.batch.controller.signal), { limit, signal, onEnd })
    },

    async close() {
      closed = true
      if (underWay === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_WAIT_MS).unref()
        idle.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },

    isClosed: () => closed,
    admits: (signal) => !closed && signal?.aborted !== true,
  }
}

function providerClosed(providerName: string): FacsimileError {
  return new FacsimileError(
    'PROVIDER_CLOSED',
    `the ${providerName} cache provider was used after close(); open a new one`,
  )
}
