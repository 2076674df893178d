// Runs a page through the inserter in given pieces.
import { Inserter, type InsertionPlan } from '@facsimile/core'

export const MARKERS = {
  headStart: '<script data-place="head-start"></script>',
  headEnd: '<script data-place="head-end"></script>',
  bodyStart: '<script data-place="body-start"></script>',
  bodyEnd: '<script data-place="body-end"></script>',
} as const

export type PlaceName = keyof typeof MARKERS

/** A plan with the markers of the places that are named; all of them by default. */
export function planOf(places: readonly PlaceName[] = ['headStart', 'headEnd', 'bodyStart', 'bodyEnd']): InsertionPlan {
  const snippets = Object.fromEntries(places.map((place) => [place, Buffer.from(MARKERS[place])]))
  return { ...snippets, charsetKnown: true }
}

export interface Inserted {
  readonly output: Buffer
  readonly kind: Inserter['kind']
  /** The most bytes that were held back between two chunks. */
  readonly mostHeld: number
}

export function insert(page: Buffer, plan: InsertionPlan, sizes: readonly number[] = []): Inserted {
  const inserter = new Inserter(plan)
  const out: Buffer[] = []
  let mostHeld = 0
  for (const chunk of split(page, sizes)) {
    inserter.push(chunk, out)
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
function* split(page: Buffer, sizes: readonly number[]): Generator<Buffer> {
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

/** The output without the markers: it must be the page. */
export function withoutMarkers(output: Buffer, markers: readonly string[] = Object.values(MARKERS)): Buffer {
  let text = output.toString('latin1')
  for (const marker of markers) {
    const at = text.indexOf(marker)
    if (at !== -1) text = text.slice(0, at) + text.slice(at + marker.length)
  }
  return Buffer.from(text, 'latin1')
}
