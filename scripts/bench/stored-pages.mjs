// Fetches stored pages as fast as a server hands them out. A client of our own, and for every server the same one: a
// token is good for one fetch, so each request is another, and the load generators spend more on that than the server.
import { setMaxListeners } from 'node:events'
import { connect } from 'node:net'

const CONNECTIONS = 16
const READ_BYTES = 256 * 1024
const DEADLINE_MS = 60_000
const HEAD_END = '\r\n\r\n'

/** The token of the page with this number. */
export function tokenOf(index) {
  return `bench${String(index).padStart(27, '0')}`
}

/**
 * Fetches the pages with the numbers `from` to `to` (without), or the first page as often where `again` is set. Answers
 * pages per second. Throws when an answer is not 200 or has another length than the one before.
 */
export async function fetchPages(port, { from, to, again }) {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  setMaxListeners(0, signal)
  let next = from
  const takeToken = () => {
    if (next === to) return undefined
    const index = again ? 0 : next
    next += 1
    return tokenOf(index)
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, () => fetchOnOneConnection(port, takeToken, signal)))
  return ((to - from) * 1000) / (performance.now() - startedAt)
}

function fetchOnOneConnection(port, takeToken, signal) {
  return new Promise((resolve, reject) => {
    let received = 0
    let expected = 0
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: onBytes }
    const socket = connect({ host: '127.0.0.1', port, onread, signal })
    socket.once('connect', ask)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('The server closed a connection in the middle of a fetch.')))

    function ask() {
      const token = takeToken()
      if (token === undefined) {
        resolve()
        socket.destroy()
        return
      }
      received = 0
      socket.write(`GET /facsimile?t=${token} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    }

    function onBytes(count, buffer) {
      if (received === 0) {
        const problem = readHead(buffer.latin1Slice(0, count))
        if (problem) return socket.destroy(new Error(problem))
      }
      received += count
      if (received > expected) socket.destroy(new Error(`An answer has ${received} bytes in place of ${expected}.`))
      else if (received === expected) ask()
      return true
    }

    /** All answers are alike: the first one tells how long they are. */
    function readHead(text) {
      if (!text.startsWith('HTTP/1.1 200 ')) return `A fetch was answered with ${JSON.stringify(text.slice(0, 60))}.`
      if (expected > 0) return undefined
      const head = text.slice(0, text.indexOf(HEAD_END) + HEAD_END.length)
      expected = head.length + Number(/^content-length: (\d+)/im.exec(head)?.[1])
      return Number.isNaN(expected) ? 'An answer does not tell its length.' : undefined
    }
  })
}
