// Keeps what a page consists of while it passes, up to a bound, without holding on to memory that others may reuse.

/** Pieces below this size are gathered: a page written byte by byte costs little more than its bytes. */
const SMALL_BYTES = 8 * 1024
const BLOCK_BYTES = 16 * 1024

export class PageCapture {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #bytes = 0
  #tooLarge = false
  /** Where small pieces go; its first `#blockUsed` bytes are the page's last ones. */
  #block: Buffer | undefined
  #blockUsed = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get tooLarge(): boolean {
    return this.#tooLarge
  }

  /** Takes the next bytes; `owned` says that nobody else may change them later, so that no copy is needed. */
  add(chunk: Buffer, owned: boolean): void {
    if (this.#tooLarge) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      this.#tooLarge = true
      this.#chunks = []
      this.#block = undefined
    } else if (chunk.length < SMALL_BYTES) this.#gather(chunk)
    else {
      this.#closeBlock()
      this.#chunks.push(owned ? chunk : copyOf(chunk))
    }
  }

  /** The page in one piece; call it once. */
  take(): Buffer {
    const chunks = this.#chunks
    if (this.#block !== undefined) chunks.push(this.#block.subarray(0, this.#blockUsed))
    this.#chunks = []
    this.#block = undefined
    const [first] = chunks
    // A part of a larger block would keep the whole of it alive.
    if (first?.length === this.#bytes && first.buffer.byteLength === this.#bytes) return first
    const body = Buffer.allocUnsafeSlow(this.#bytes)
    let at = 0
    for (const chunk of chunks) at += chunk.copy(body, at)
    return body
  }

  #gather(chunk: Buffer): void {
    if (this.#block === undefined || this.#blockUsed + chunk.length > this.#block.length) {
      this.#closeBlock()
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    }
    this.#blockUsed += chunk.copy(this.#block, this.#blockUsed)
  }

  /** What follows goes elsewhere; of a block that is mostly empty only its bytes are kept. */
  #closeBlock(): void {
    if (this.#block === undefined) return
    const used = this.#block.subarray(0, this.#blockUsed)
    this.#chunks.push(used.length < BLOCK_BYTES / 2 ? copyOf(used) : used)
    this.#block = undefined
    this.#blockUsed = 0
  }
}

/** Outside of Node's shared pool, so that a small page that waits in a cache keeps no larger block alive. */
function copyOf(chunk: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length)
  chunk.copy(copy)
  return copy
}
