// Keeps what a page consists of while it passes, up to a bound, without holding on to memory that others may reuse.

/** Pieces of a streamed page are gathered in blocks, which later pages use again: fresh memory is what costs most. */
const BLOCK_BYTES = 128 * 1024
const MAX_SPARE_BLOCKS = 32
const spareBlocks: Buffer[] = []

/** Where pages are put together for a store that copies them at once. */
let shared = Buffer.alloc(0)

function sharedMemory(bytes: number): Buffer {
  if (shared.length < bytes) shared = Buffer.allocUnsafeSlow(bytes)
  return shared.subarray(0, bytes)
}

export class PageCapture {
  readonly #maxBytes: number
  #bytes = 0
  #tooLarge = false
  /** Full blocks and the one that is being filled, whose first `#blockUsed` bytes are the page's last ones. */
  #blocks: Buffer[] = []
  #blockUsed = 0
  /** The page, where it came in one piece. */
  #whole: Buffer | undefined
  #ownsWhole = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get tooLarge(): boolean {
    return this.#tooLarge
  }

  /**
   * Takes all of a page in one piece. Where it is not `owned` it is the application's, who may not change it before the
   * response has finished (Node sends it from there), and may then: so `take` must be called at that moment.
   */
  hold(page: Buffer, owned: boolean): void {
    this.#bytes = page.length
    this.#tooLarge = page.length > this.#maxBytes
    if (this.#tooLarge) return
    this.#whole = page
    this.#ownsWhole = owned
  }

  /** Copies the next bytes of a page that comes in pieces. */
  add(chunk: Buffer): void {
    if (this.#tooLarge) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      this.#tooLarge = true
      this.release()
      return
    }
    let at = 0
    while (at < chunk.length) {
      let block = this.#blocks.at(-1)
      if (block === undefined || this.#blockUsed === BLOCK_BYTES) {
        block = spareBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
        this.#blocks.push(block)
        this.#blockUsed = 0
      }
      const copied = chunk.copy(block, this.#blockUsed, at)
      this.#blockUsed += copied
      at += copied
    }
  }

  /**
   * The page in one piece; call it once. Unless it is to be `owned` it lies in memory that is used for something else
   * as soon as the caller has returned.
   */
  take(owned: boolean): Buffer {
    const body = this.#whole === undefined ? this.#join(owned) : this.#takeWhole(this.#whole, owned)
    this.release()
    return body
  }

  #takeWhole(whole: Buffer, owned: boolean): Buffer {
    if (this.#ownsWhole || !owned) return whole
    const body = Buffer.allocUnsafeSlow(whole.length)
    whole.copy(body)
    return body
  }

  #join(owned: boolean): Buffer {
    const [first] = this.#blocks
    if (!owned && this.#blocks.length === 1 && first !== undefined) return first.subarray(0, this.#bytes)
    const body = owned ? Buffer.allocUnsafeSlow(this.#bytes) : sharedMemory(this.#bytes)
    for (const [index, block] of this.#blocks.entries()) block.copy(body, index * BLOCK_BYTES)
    return body
  }

  /** Lets go of what was gathered: the page will not be stored. */
  release(): void {
    this.#whole = undefined
    for (const block of this.#blocks) if (spareBlocks.length < MAX_SPARE_BLOCKS) spareBlocks.push(block)
    this.#blocks = []
    this.#blockUsed = 0
  }
}
