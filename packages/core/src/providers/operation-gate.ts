// The gate that every call to a cache provider passes: refused after close(), refused when cancelled, else counted.
import { isPromise } from 'node:util/types'
import { FacsimileError } from '../errors.js'

/** How long `close()` waits for operations that are under way. */
const CLOSE_WAIT_MS = 5_000

interface OperationGate {
  /**
   * Runs `operation` and answers as it does. Rejects with `PROVIDER_CLOSED` after `close()` and with the signal's reason
   * as soon as `signal` aborts; an operation that has begun then ends by itself, and its answer is dropped.
   */
  pass<T>(operation: () => T | Promise<T>, signal?: AbortSignal): Promise<T>
  /** Refuses from now on; resolves when what is under way has ended, after 5 seconds at the latest. */
  close(): Promise<void>
  isClosed(): boolean
  /** Whether `pass` would run an operation now. */
  admits(signal?: AbortSignal): boolean
}

/** A gate for the provider called `providerName`. */
export function createOperationGate(providerName: string): OperationGate {
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  return {
    async pass<T>(operation: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
      if (closed) throw providerClosed(providerName)
      signal?.throwIfAborted()
      const answer = operation()
      if (!isPromise(answer)) return answer
      const forget = () => underWay.delete(answer)
      underWay.add(answer)
      answer.then(forget, forget)
      return signal ? unlessAborted(answer, signal) : answer
    },

    async close() {
      closed = true
      if (underWay.size > 0) await settledWithin(CLOSE_WAIT_MS, [...underWay])
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

/** Settles as `answer` does, or rejects with the signal's reason if that comes first. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    const stopListening = () => signal.removeEventListener('abort', onAbort)
    signal.addEventListener('abort', onAbort, { once: true })
    answer.finally(stopListening).then(resolve, reject)
  })
}

function settledWithin(timeoutMs: number, promises: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    timer.unref()
    void Promise.allSettled(promises).then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
