// Memory for bodies that come and go by the thousand: large slabs, divided into blocks that are used over and over.
//
// A Buffer for each waiting page would be memory outside of V8's heap that only its slowest collection gives back: at
// 3000 pages a second the collector never rests, and every page is written to memory that the system has to clear first.

const BLOCK_BYTES = 4096
const BLOCKS_PER_SLAB = 256

/** Where a body lies: pairs of the first block's number and how many blocks follow each other from there. */
export interface Extent {
  readonly bytes: number
  readonly runs: readonly number[]
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

  /** Copies `body` into free blocks. */
  write(body: Buffer): Extent {
    const runs: number[] = []
    let at = 0
    while (at < body.length) {
      const [slabNumber, slab] = this.#openSlab()
      const wanted = Math.ceil((body.length - at) / BLOCK_BYTES)
      const first = takeBlock(slab)
      let count = 1
      while (count < wanted && slab.freeCount > 0 && slab.free[slab.freeCount - 1] === first + count) {
        takeBlock(slab)
        count++
      }
      if (slab.freeCount === 0) this.#open.pop()
      at += body.copy(slab.memory, first * BLOCK_BYTES, at, at + count * BLOCK_BYTES)
      runs.push(slabNumber * BLOCKS_PER_SLAB + first, count)
    }
    return { bytes: body.length, runs }
  }

  /** A copy of what was written. */
  read({ bytes, runs }: Extent): Buffer {
    const body = Buffer.allocUnsafeSlow(bytes)
    let at = 0
    for (const { slab, first, count } of this.#runsOf(runs)) {
      const start = first * BLOCK_BYTES
      at += slab.memory.copy(body, at, start, Math.min(start + count * BLOCK_BYTES, start + bytes - at))
    }
    return body
  }

  /** Gives the blocks back; `read` must not be asked for them any more. */
  free({ runs }: Extent): void {
    for (const { slab, slabNumber, first, count } of this.#runsOf(runs)) {
      if (slab.freeCount === 0) this.#open.push(slabNumber)
      // The last block first, so that they are taken in their order again.
      for (let block = first + count - 1; block >= first; block--) slab.free[slab.freeCount++] = block
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

  *#runsOf(runs: readonly number[]) {
    for (let at = 0; at < runs.length; at += 2) {
      const block = runs[at] ?? 0
      const slabNumber = Math.floor(block / BLOCKS_PER_SLAB)
      const slab = this.#slabs[slabNumber]
      if (slab === undefined)
        throw new Error(`The arena has no slab ${slabNumber}: an extent was used after it was freed.`)
      yield { slab, slabNumber, first: block % BLOCKS_PER_SLAB, count: runs[at + 1] ?? 0 }
    }
  }
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
