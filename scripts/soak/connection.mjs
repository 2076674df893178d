// One visitor's connection: HTTP/1.1 over a bare socket, so that it can be cut wherever a visitor would cut it, and so that
// an answer that is cut is never taken for one that is complete.
import { once } from 'node:events'
import { connect } from 'node:net'

/** No byte for so long, and the answer is given up. */
const SILENCE_MS = 20_000
const CLOSE_DEADLINE_MS = 5_000

/** The connection ended before the answer was complete; `begun` tells whether any of it had come. */
export class CutAnswerError extends Error {
  name = 'CutAnswerError'
  constructor(begun, cause) {
    super(begun ? 'the answer was cut off' : 'no answer came', { cause })
    this.begun = begun
  }
}

/** Rejects when nobody listens. */
export async function openConnection(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return new Connection(socket)
}

class Connection {
  #socket
  #pieces = []
  #bytes = 0
  #isClosed = false
  #error
  #wake

  constructor(socket) {
    this.#socket = socket
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`${SILENCE_MS} ms without a byte`)))
    socket.on('data', (data) => {
      this.#pieces.push(data)
      this.#bytes += data.length
      this.#wake?.()
    })
    socket.on('end', () => this.#wake?.())
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake?.()
    })
  }

  get isUsable() {
    return this.#socket.writable && this.#socket.readable && !this.#isClosed
  }

  send(bytes) {
    this.#socket.write(bytes)
  }

  /** `{ status, header(name), body }` of the next answer. `readsSlowly` lets the server wait for room several times. */
  async read(method, { readsSlowly = false } = {}) {
    const head = (await this.#takeThrough('\r\n\r\n', false)).toString('latin1')
    if (readsSlowly) await this.#pauseNowAndThen()
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    const header = (name) => new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(head)?.[1]
    return { status, header, body: await this.#readBody(status, method, header) }
  }

  /** Resolves when some of an answer has come, or nothing more will. */
  async someBytes() {
    while (this.#bytes === 0 && this.isUsable) await this.#more()
  }

  /** Resolves with what has come when `text` is in it. */
  async readUntil(text) {
    const taken = await this.#takeThrough(text, false)
    return taken.toString('latin1')
  }

  /** Hangs up as a browser does whose user goes on: nothing more is sent, what comes is thrown away. */
  async hangUp() {
    this.#pieces = []
    this.#socket.removeAllListeners('data').resume().end()
    await this.#closed()
  }

  /** Hangs up with a reset. */
  async reset() {
    // A socket that is being shut down takes no reset, and Node then never says that it has closed.
    if (this.isUsable) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
    await this.#closed()
  }

  async #closed() {
    if (this.#isClosed) return
    const late = setTimeout(() => this.#socket.destroy(), CLOSE_DEADLINE_MS)
    await once(this.#socket, 'close', { signal: AbortSignal.timeout(2 * CLOSE_DEADLINE_MS) })
    clearTimeout(late)
  }

  async #readBody(status, method, header) {
    if (method === 'HEAD' || status === 204 || status === 304) return Buffer.alloc(0)
    if (header('transfer-encoding') === 'chunked') return this.#readChunks()
    const length = header('content-length')
    if (length === undefined) throw new Error('the answer has neither Content-Length nor chunks')
    return this.#take(Number(length))
  }

  async #readChunks() {
    const chunks = []
    for (;;) {
      const size = parseInt((await this.#takeThrough('\r\n', true)).toString('latin1'), 16)
      if (Number.isNaN(size)) throw new Error('a chunk has no size')
      chunks.push(await this.#take(size))
      await this.#takeThrough('\r\n', true)
      if (size === 0) return Buffer.concat(chunks)
    }
  }

  async #takeThrough(text, begun) {
    for (;;) {
      const at = this.#whole().indexOf(text)
      if (at !== -1) return this.#take(at + text.length)
      if (!(await this.#more())) throw new CutAnswerError(begun || this.#bytes > 0, this.#error)
    }
  }

  async #take(length) {
    while (this.#bytes < length) if (!(await this.#more())) throw new CutAnswerError(true, this.#error)
    const whole = this.#whole()
    this.#pieces = length === whole.length ? [] : [whole.subarray(length)]
    this.#bytes = whole.length - length
    return whole.subarray(0, length)
  }

  #whole() {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]
  }

  /** Waits for what comes next; answers whether anything can. The socket's own silence is its deadline. */
  async #more() {
    const { readableEnded } = this.#socket
    if (this.#isClosed || readableEnded) return false
    const before = this.#bytes
    await new Promise((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
    return this.#bytes > before || (!this.#isClosed && !this.#socket.readableEnded)
  }

  async #pauseNowAndThen() {
    for (let time = 0; time < 4; time++) {
      this.#socket.pause()
      await new Promise((resolve) => setTimeout(resolve, 40))
      if (this.#isClosed) return
      this.#socket.resume()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
