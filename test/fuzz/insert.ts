// Runs a page through the inserter in given pieces.
import { Inserter, type InsertionPlan } from '@facsimile/core'

export interface Inserted {
  readonly output: Buffer
  readonly kind: Inserter['kind']
  /** The most bytes that were held back between two chunks. */
  readonly mostHeld: number
}

/** `isSilentAfter` says after which chunks, by their number, the application is silent for a while. */
export function insert(
  page: Buffer,
  plan: InsertionPlan,
  sizes: readonly number[] = [],
  isSilentAfter: (chunk: number) => boolean = () => false,
): Inserted {
  const inserter = new Inserter(plan)
  const out: Buffer[] = []
  let mostHeld = 0
  let count = 0
  for (const chunk of split(page, sizes)) {
    inserter.push(chunk, out)
    if (isSilentAfter(count++)) inserter.release(out)
    mostHeld = Math.max(mostHeld, inserter.held.length)
    // What a server may do with its chunk once it is written.
    const given = Buffer.concat(out.splice(0))
    chunk.fill('#')
    out.push(given)
  }
  inserter.end(out)
  return { output: Buffer.concat(out), kind: inserter.kind, mostHeld }
}

/** Copies of the page's parts, in the given sizes over and over; the whole page when there are none. */
export function* split(page: Buffer, sizes: readonly number[]): Generator<Buffer> {
  if (sizes.length === 0) {
    yield Buffer.from(page)
    return
  }
  let at = 0
  for (let index = 0; at < page.length; index++) {
    const size = sizes[index % sizes.length]!
    yield Buffer.from(page.subarray(at, at + size))
    at += size
  }
}
