// Deadlines by the batch, because a timer and a signal for each call are felt where there are thousands a second.
import { setMaxListeners } from 'node:events'

/** Calls that begin within so long share a timer and a signal. */
const SHARED_MS = 50

/** Calls that have their deadline in common. */
export interface DeadlineBatch {
  readonly controller: AbortController
  /** What gives up each call that is still under way. */
  readonly giveUps: Set<() => void>
}

/** Gives a call that begins now its batch: the deadline is `timeoutMs` from now, or up to 50 ms earlier. */
export function createDeadlineBatches(timeoutMs: number): () => DeadlineBatch {
  let current: (DeadlineBatch & { readonly startedAt: number; readonly timer: NodeJS.Timeout }) | undefined

  function open(startedAt: number) {
    const giveUps = new Set<() => void>()
    const timer = setTimeout(() => giveUps.forEach((giveUp) => giveUp()), timeoutMs).unref()
    const controller = new AbortController()
    // Every call of the batch may listen; how many there are is bounded where they begin.
    setMaxListeners(0, controller.signal)
    return { controller, startedAt, giveUps, timer }
  }

  return () => {
    const now = performance.now()
    if (current === undefined || now - current.startedAt > SHARED_MS) {
      // Nobody can join the last one any more, so when nobody waits in it, its timer has no use.
      if (current?.giveUps.size === 0) clearTimeout(current.timer)
      current = open(now)
    }
    return current
  }
}
