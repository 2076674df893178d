// A few pieces of work at a time, the others in order: zlib takes a thread of Node's small pool and memory for each.
import { FacsimileError } from '../errors.js'

const MOST_WAITING = 1_000

export interface WorkLane {
  /**
   * Answers as `work` does, once it is its turn. Rejects with the signal's reason when it aborts before, and with
   * `PROVIDER_OVERLOADED` when 1000 others wait; work that has begun ends by itself and holds its place until then.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

export function createWorkLane(places: number): WorkLane {
  let busy = 0
  /** A set keeps the order, and lets go of any of them at once. */
  const waiting = new Set<() => void>()

  async function enter(signal?: AbortSignal): Promise<void> {
    if (busy < places) {
      busy++
      return
    }
    if (waiting.size >= MOST_WAITING) {
      throw new FacsimileError(
        'PROVIDER_OVERLOADED',
        `${MOST_WAITING} pages wait to be compressed or expanded already; store fewer at once, or switch compression off`,
      )
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        waiting.delete(begin)
        reject(signal?.reason as Error)
      }
      waiting.add(begin)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The place goes to who has waited longest. */
  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      busy--
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async run(work, signal) {
      signal?.throwIfAborted()
      await enter(signal)
      try {
        signal?.throwIfAborted()
        return await work()
      } finally {
        leave()
      }
    },
  }
}
