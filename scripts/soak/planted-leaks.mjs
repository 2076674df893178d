// Leaks on purpose: a test plants them to see that a soak finds them.

const kept = new Map()
const LIFETIME_MS = 600_000

/** Leaves about 1 KiB behind, a timer, and a listener on the connection. */
export function leak({ socket }) {
  kept.set(kept.size, new Array(128).fill(0))
  setTimeout(() => {}, LIFETIME_MS).unref()
  socket.on('drain', () => {})
}
