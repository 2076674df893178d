// Keeps what a page consists of while it passes, up to a bound, without holding on to memory that others may reuse.

export class PageCapture {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #bytes = 0
  #tooLarge = false

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
      return
    }
    this.#chunks.push(owned ? chunk : copyOf(chunk))
  }

  /** The page in one piece; call it once. */
  take(): Buffer {
    const chunks = this.#chunks
    this.#chunks = []
    if (chunks.length === 1) return chunks[0]!
    const body = Buffer.allocUnsafeSlow(this.#bytes)
    let at = 0
    for (const chunk of chunks) at += chunk.copy(body, at)
    return body
  }
}

/** Outside of Node's shared pool, so that a small page that waits in a cache keeps no larger block alive. */
function copyOf(chunk: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length)
  chunk.copy(copy)
  return copy
}
