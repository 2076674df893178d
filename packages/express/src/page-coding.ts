// Opens a page that comes compressed, with as much of its body as is at hand when the headers are about to go.
import { isNothing, NOTHING, toBytes, type FirstBody } from './body-arguments.js'
import { readCodings, type Codec, type Coding } from './content-coding.js'
import { decodeFirst } from './first-decoding.js'
import type { PageBody } from './page-body.js'

/** How a page is compressed, and what is to become of that. */
export interface PageCoding {
  readonly codings: readonly Coding[]
  /** Those of a whole page that has been decoded already. */
  readonly decoded: readonly Codec[] | undefined
  /** Otherwise nothing is inserted: the page is decoded for the store alone, and leaves as it came. */
  readonly recodes: boolean
}

/**
 * `bare` for a page that is not compressed; `decoded` for one that has been taken already, and leaves as it came. Of what has
 * been taken the page body knows what it is.
 */
export type Opened = PageCoding | 'bare' | 'decoded' | 'undecodable' | 'fragment' | 'other-charset'

/**
 * Leads a body that is given whole, and is not long, through the page body, which adds to `out`; of others it only tells
 * what they are.
 */
export function openCoding(
  contentEncoding: string,
  firstBody: FirstBody | undefined,
  body: PageBody,
  out: Buffer[],
  recodes: boolean,
): Opened {
  const codings = readCodings(contentEncoding) ?? []
  if (codings.length === 0) return 'bare'
  if (firstBody === undefined) return { codings, decoded: undefined, recodes }
  const bytes = isNothing(firstBody.chunk) ? NOTHING : toBytes(firstBody)
  const first = decodeFirst(codings, bytes, firstBody.whole)
  if (first === undefined) return 'undecodable'
  if (!first.isWhole) {
    const kind = body.kindOf(first.bytes)
    return kind === 'fragment' || kind === 'other-charset' ? kind : { codings, decoded: undefined, recodes }
  }
  if (first.bytes.length === 0) return 'fragment'
  body.takeWhole(first.bytes, true, out)
  if (recodes) return { codings, decoded: first.codecs, recodes }
  out.splice(0, out.length, bytes)
  return 'decoded'
}
