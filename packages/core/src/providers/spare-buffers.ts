// Memory in which records are put together for a database: used again as soon as the database has answered. A fresh
// buffer for each page is memory that the system clears first and only the slowest collection gives back.

const LEAST_BYTES = 16 * 1024
/** A longer record is rare, and its memory is not kept. */
const MOST_BYTES = 1024 * 1024
const MOST_SPARE_BYTES = 4 * 1024 * 1024

export interface SpareBuffers {
  /** `bytes` of memory with whatever was there. */
  readonly take: (bytes: number) => Buffer
  /** What was taken is not needed any more, by nobody. What is never given back is left to the garbage collector. */
  readonly give: (buffer: Buffer) => void
}

export function createSpareBuffers(): SpareBuffers {
  const spare: ArrayBufferLike[] = []
  let spareBytes = 0

  return {
    take(bytes) {
      if (bytes > MOST_BYTES) return Buffer.allocUnsafeSlow(bytes)
      const at = spare.findIndex(({ byteLength }) => byteLength >= bytes)
      if (at === -1) return Buffer.allocUnsafeSlow(roundUp(bytes)).subarray(0, bytes)
      const [memory] = spare.splice(at, 1) as [ArrayBufferLike]
      spareBytes -= memory.byteLength
      return Buffer.from(memory, 0, bytes)
    },
    give({ buffer }) {
      if (buffer.byteLength > MOST_BYTES || spareBytes + buffer.byteLength > MOST_SPARE_BYTES) return
      spare.push(buffer)
      spareBytes += buffer.byteLength
    },
  }
}

/** So that what one page gave back is long enough for the next. */
function roundUp(bytes: number): number {
  return Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)))
}
