// Bounds the time that anybody waits for a cache provider, whatever the provider does.
import { FacsimileError } from './errors.js'

/**
 * Calls `action` with a signal and answers as it does. When it has not settled after `timeoutMs`, aborts the signal and
 * rejects with `PROVIDER_TIMEOUT` and `message`; what it settles with later is dropped.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  message: string,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new FacsimileError('PROVIDER_TIMEOUT', message)
      reject(error)
      controller.abort(error)
    }, timeoutMs).unref()
  })
  try {
    return await Promise.race([action(controller.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}
