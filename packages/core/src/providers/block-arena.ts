// Memory for bodies that come and go by the thousand: large slabs, divided into blocks that are used over and over.
//
// A Buffer for each waiting page would be memory outside of V8's heap that only its slowest collection gives back: at
// 3000 pages a second the collector never rests, and every page is written to memory that the system has to clear first.

const BLOCK_BYTES = 4096
const BLOCKS_PER_SLAB = 256

/** Where a body lies: pairs of the first block's number and how many blocks follow each other from there. */
export interface Extent {
  bytes: number
  readonly runs: number[]
}

export function emptyExtent(): Extent {
  return { bytes: 0, runs: [] }
}

interface Slab {
  readonly memory: Buffer
  /** A stack of the free blocks' places in the slab; the first `freeCount` count. */
  readonly free: Uint16Array
  freeCount: number
}

/** What is written stays until it is freed; the caller frees each extent once. */
export class BlockArena {
  /** By number; an empty slab may leave its place to another. */
  readonly #slabs: (Slab | undefined)[] = []
  /** Numbers of slabs that have a free block; the last one is used first. */
  readonly #open: number[] = []

  /** Bytes that are held from the system. */
  get reservedBytes(): number {
    return this.#slabs.filter((slab) => slab !== undefined).length * BLOCK_BYTES * BLOCKS_PER_SLAB
  }

  /** Copies more bytes behind those of the extent. */
  append(extent: Extent, bytes: Buffer): void {
    const { runs } = extent
    let at = this.#fillLastBlock(extent, bytes)
    while (at < bytes.length) {
      const [slabNumber, slab] = this.#openSlab()
      const wanted = Math.ceil((bytes.length - at) / BLOCK_BYTES)
      const first = takeBlock(slab)
      let count = 1
      while (count < wanted && slab.freeCount > 0 && slab.free[slab.freeCount - 1] === first + count) {
        takeBlock(slab)
        count++
      }
      if (slab.freeCount === 0) this.#open.pop()
      at += bytes.copy(slab.memory, first * BLOCK_BYTES, at, at + count * BLOCK_BYTES)
      addRun(runs, slabNumber * BLOCKS_PER_SLAB + first, count)
    }
    extent.bytes += bytes.length
  }

  /** How many of the bytes found room in the block that the extent has not used up. */
  #fillLastBlock({ bytes: used, runs }: Extent, bytes: Buffer): number {
    const inLastBlock = used % BLOCK_BYTES
    if (inLastBlock === 0) return 0
    const last = (runs.at(-2) ?? 0) + (runs.at(-1) ?? 0) - 1
    const start = (last % BLOCKS_PER_SLAB) * BLOCK_BYTES
    return bytes.copy(this.#slabOf(last).memory, start + inLastBlock, 0, BLOCK_BYTES - inLastBlock)
  }

  /** A copy of what was written. */
  read({ bytes, runs }: Extent): Buffer {
    const body = Buffer.allocUnsafeSlow(bytes)
    let at = 0
    for (let run = 0; run < runs.length; run += 2) {
      const block = runs[run] ?? 0
      const start = (block % BLOCKS_PER_SLAB) * BLOCK_BYTES
      const length = Math.min((runs[run + 1] ?? 0) * BLOCK_BYTES, bytes - at)
      at += this.#slabOf(block).memory.copy(body, at, start, start + length)
    }
    return body
  }

  /** Gives the blocks back; the extent must not be used any more. */
  free({ runs }: Extent): void {
    for (let run = 0; run < runs.length; run += 2) {
      const block = runs[run] ?? 0
      const slab = this.#slabOf(block)
      if (slab.freeCount === 0) this.#open.push(Math.floor(block / BLOCKS_PER_SLAB))
      const first = block % BLOCKS_PER_SLAB
      // The last block first, so that they are taken in their order again.
      for (let place = first + (runs[run + 1] ?? 0) - 1; place >= first; place--) slab.free[slab.freeCount++] = place
    }
  }

  /** Gives slabs that hold nothing back to the system. */
  trim(): void {
    for (const [number, slab] of this.#slabs.entries()) {
      if (slab?.freeCount !== BLOCKS_PER_SLAB) continue
      this.#slabs[number] = undefined
      this.#open.splice(this.#open.indexOf(number), 1)
    }
  }

  #openSlab(): readonly [slabNumber: number, slab: Slab] {
    const last = this.#open.at(-1)
    const open = last === undefined ? undefined : this.#slabs[last]
    if (last !== undefined && open !== undefined) return [last, open]
    const vacant = this.#slabs.indexOf(undefined)
    const slabNumber = vacant === -1 ? this.#slabs.length : vacant
    const slab = createSlab()
    this.#slabs[slabNumber] = slab
    this.#open.push(slabNumber)
    return [slabNumber, slab]
  }

  #slabOf(block: number): Slab {
    const slab = this.#slabs[Math.floor(block / BLOCKS_PER_SLAB)]
    if (slab === undefined) throw new Error(`The arena has no block ${block}: an extent was used after it was freed.`)
    return slab
  }
}

/** A run that continues the last one, in the same slab, becomes a part of it. */
function addRun(runs: number[], block: number, count: number): void {
  const last = runs.length - 2
  const continues = last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) === block && block % BLOCKS_PER_SLAB !== 0
  if (continues) runs[last + 1] = (runs[last + 1] ?? 0) + count
  else runs.push(block, count)
}

function createSlab(): Slab {
  const free = new Uint16Array(BLOCKS_PER_SLAB)
  for (let place = 0; place < BLOCKS_PER_SLAB; place++) free[place] = BLOCKS_PER_SLAB - 1 - place
  return { memory: Buffer.allocUnsafeSlow(BLOCK_BYTES * BLOCKS_PER_SLAB), free, freeCount: BLOCKS_PER_SLAB }
}

function takeBlock(slab: Slab): number {
  slab.freeCount--
  return slab.free[slab.freeCount] ?? 0
}
