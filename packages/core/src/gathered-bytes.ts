// Pieces of a page, gathered in blocks that later pages use again: fresh memory is what costs most.

const BLOCK_BYTES = 128 * 1024
const MAX_SPARE_BLOCKS = 32
const spareBlocks: Buffer[] = []

export class GatheredBytes {
  /** Full blocks and the one that is being filled, whose first `#used` bytes are the last ones. */
  #blocks: Buffer[] = []
  #used = BLOCK_BYTES

  /** Copies the next bytes. */
  add(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      let block = this.#blocks.at(-1)
      if (block === undefined || this.#used === BLOCK_BYTES) {
        block = spareBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
        this.#blocks.push(block)
        this.#used = 0
      }
      const copied = chunk.copy(block, this.#used, at)
      this.#used += copied
      at += copied
    }
  }

  /** All of it in one piece of memory that is used for nothing else. */
  join(): Buffer {
    const bytes = Math.max(0, this.#blocks.length - 1) * BLOCK_BYTES + (this.#blocks.length > 0 ? this.#used : 0)
    const joined = Buffer.allocUnsafeSlow(bytes)
    for (const [index, block] of this.#blocks.entries()) block.copy(joined, index * BLOCK_BYTES)
    return joined
  }

  /** Gives the memory to later pages. */
  release(): void {
    for (const block of this.#blocks) if (spareBlocks.length < MAX_SPARE_BLOCKS) spareBlocks.push(block)
    this.#blocks = []
    this.#used = BLOCK_BYTES
  }
}
