// Memory for bodies that come and go by the thousand: large slabs, divided into blocks that are used over and over.
//
// A Buffer for each waiting page would be memory outside of V8's heap that only its slowest collection gives back: at
// 3000 pages a second the collector never rests, and every page is written to memory that the system has to clear first.

const BLOCK_BYTES = 4096
const BLOCKS_PER_SLAB = 256

/** So many blocks that follow each other from `first` on. */
interface Run {
  first: number
  count: number
}

/** Where a body lies. Most have a single run, and thousands are kept: so the first one is part of the extent itself. */
export interface Extent extends Run {
  bytes: number
  more: Run[] | undefined
}

export function emptyExtent(): Extent {
  return { bytes: 0, first: 0, count: 0, more: undefined }
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
      addRun(extent, slabNumber * BLOCKS_PER_SLAB + first, count)
    }
    extent.bytes += bytes.length
  }

  /** How many of the bytes found room in the block that the extent has not used up. */
  #fillLastBlock(extent: Extent, bytes: Buffer): number {
    const inLastBlock = extent.bytes % BLOCK_BYTES
    if (inLastBlock === 0) return 0
    const { first, count } = lastRun(extent)
    const last = first + count - 1
    const start = (last % BLOCKS_PER_SLAB) * BLOCK_BYTES
    return bytes.copy(this.#slabOf(last).memory, start + inLastBlock, 0, BLOCK_BYTES - inLastBlock)
  }

  /** A copy of what was written. */
  read(extent: Extent): Buffer {
    const body = Buffer.allocUnsafeSlow(extent.bytes)
    let at = 0
    const copy = ({ first, count }: Run) => {
      const start = (first % BLOCKS_PER_SLAB) * BLOCK_BYTES
      const length = Math.min(count * BLOCK_BYTES, extent.bytes - at)
      at += this.#slabOf(first).memory.copy(body, at, start, start + length)
    }
    if (extent.count > 0) copy(extent)
    extent.more?.forEach(copy)
    return body
  }

  /** Gives the blocks back; the extent must not be used any more. */
  free(extent: Extent): void {
    if (extent.count > 0) this.#freeRun(extent)
    extent.more?.forEach((run) => this.#freeRun(run))
  }

  #freeRun({ first, count }: Run): void {
    const slab = this.#slabOf(first)
    if (slab.freeCount === 0) this.#open.push(Math.floor(first / BLOCKS_PER_SLAB))
    const firstPlace = first % BLOCKS_PER_SLAB
    // The last block first, so that they are taken in their order again.
    for (let place = firstPlace + count - 1; place >= firstPlace; place--) slab.free[slab.freeCount++] = place
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

function lastRun(extent: Extent): Run {
  return extent.more?.at(-1) ?? extent
}

/** A run that continues the last one, in the same slab, becomes a part of it. */
function addRun(extent: Extent, first: number, count: number): void {
  const last = lastRun(extent)
  if (last.count === 0) {
    last.first = first
    last.count = count
  } else if (last.first + last.count === first && first % BLOCKS_PER_SLAB !== 0) last.count += count
  else (extent.more ??= []).push({ first, count })
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
