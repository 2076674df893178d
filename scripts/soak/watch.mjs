// What is watched within the server's process: timers, listeners, warnings, handles and memory.
import { setTimeout as delay } from 'node:timers/promises'

const MOST_COMPLAINTS = 5
const GC_ROUNDS = 12
const SETTLED_BYTES = 16 * 1024

/** Counts the timers that wait, of whatever kind: those that let the process end are in no list of Node's. */
export function countTimers() {
  const waiting = new Set()
  for (const [make, clear, isOnce] of [
    ['setTimeout', 'clearTimeout', true],
    ['setInterval', 'clearInterval', false],
  ]) {
    const originals = { make: globalThis[make], clear: globalThis[clear] }
    const counted = (callback, ...rest) => {
      const timer = originals.make(
        (...args) => {
          if (isOnce) waiting.delete(timer)
          callback(...args)
        },
        ...rest,
      )
      waiting.add(timer)
      return timer
    }
    // promisify() finds its own form of setTimeout() among the properties.
    globalThis[make] = Object.defineProperties(counted, Object.getOwnPropertyDescriptors(originals.make))
    globalThis[clear] = (timer) => {
      waiting.delete(timer)
      originals.clear(timer)
    }
  }
  return () => waiting.size
}

/** Follows how many listeners each connection has, from its second request on. */
export function watchConnections() {
  const atSecond = new WeakMap()
  const requests = new WeakMap()
  let mostGrowth = 0
  return {
    onRequest({ socket }) {
      const number = (requests.get(socket) ?? 0) + 1
      requests.set(socket, number)
      if (number < 2) return
      const count = listenersOf(socket)
      const first = atSecond.get(socket) ?? count
      atSecond.set(socket, first)
      mostGrowth = Math.max(mostGrowth, count - first)
    },
    mostGrowth: () => mostGrowth,
  }
}

export function listenersOf(emitter) {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}

/** What a process should never have to say; the first few of it. */
export function watchComplaints() {
  const complaints = []
  const note = (what) => (error) => {
    if (complaints.length < MOST_COMPLAINTS) complaints.push(`${what}: ${error?.stack ?? String(error)}`)
  }
  process.on('warning', note('warning'))
  process.on('unhandledRejection', note('unhandled rejection'))
  process.on('uncaughtExceptionMonitor', note('uncaught exception'))
  return complaints
}

/** Bytes in use when the garbage collector finds nothing more to take; needs `--expose-gc`. */
export async function settledMemory() {
  let least = Infinity
  for (let round = 0, same = 0; round < GC_ROUNDS && same < 3; round++) {
    globalThis.gc()
    await delay(10)
    const { heapUsed } = process.memoryUsage()
    same = heapUsed < least - SETTLED_BYTES ? 0 : same + 1
    least = Math.min(least, heapUsed)
  }
  const { external, arrayBuffers, rss } = process.memoryUsage()
  return { heapUsed: least, external, arrayBuffers, rss }
}

/** How many handles and requests of each kind the process has under way, but for the kinds in `without`. */
export function handles(without = []) {
  const counts = {}
  for (const name of process.getActiveResourcesInfo()) {
    if (!without.includes(name)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
