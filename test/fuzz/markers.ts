// The snippets of a generated page: scripts that can be told from one another and from everything else.
import type { InsertionPlan } from '@facsimile/core'

export const PLACES = ['headStart', 'headEnd', 'bodyStart', 'bodyEnd'] as const
export type Place = (typeof PLACES)[number]
export type Markers = Readonly<Record<Place, string>>

export const MARKERS: Markers = {
  headStart: '<script data-place="headStart"></script>',
  headEnd: '<script data-place="headEnd"></script>',
  bodyStart: '<script data-place="bodyStart"></script>',
  bodyEnd: '<script data-place="bodyEnd"></script>',
}

/** The same with a head-start snippet so long that it waits for the charset declaration. */
export const LONG_MARKERS: Markers = {
  ...MARKERS,
  headStart: `<script data-place="headStart">/*${'-'.repeat(300)}*/</script>`,
}

/** A long head-start snippet is for pages whose headers do not tell the charset. */
export function planOf(markers: Markers, places: readonly Place[] = PLACES): InsertionPlan {
  const snippets = Object.fromEntries(places.map((place) => [place, Buffer.from(markers[place])]))
  return { ...snippets, charsetKnown: markers !== LONG_MARKERS }
}

/** Where a page got its snippets. */
export interface Places {
  /** The page again, as the output has it. */
  readonly page: string
  /** Offsets in the page, for the snippets that were inserted. */
  readonly offsets: Partial<Readonly<Record<Place, number>>>
  /** Names of snippets that are there more than once, or not in the order of places. */
  readonly faults: readonly string[]
}

/** Takes the snippets out of an output again; one character is one byte. */
export function takeOut(output: string, markers: Markers): Places {
  const offsets: Partial<Record<Place, number>> = {}
  const faults: string[] = []
  let page = ''
  let from = 0
  for (const place of PLACES) {
    const at = output.indexOf(markers[place])
    if (at === -1) continue
    if (at < from || output.includes(markers[place], at + 1)) {
      faults.push(`${place} is there twice, or before another that it comes after`)
      continue
    }
    page += output.slice(from, at)
    offsets[place] = page.length
    from = at + markers[place].length
  }
  return { page: page + output.slice(from), offsets, faults }
}
