// What parse5 says about where the snippets came to stand, and which documented exceptions excuse what it says.
import { decode, type Charset } from './charsets.js'
import { readPage, type Element, type ReadPage } from './document.js'
import { judgeHeadStart, standsLate } from './head-start-oracle.js'
import { MARKERS, PLACES, type Markers, type Place, type Places } from './markers.js'
import { findTailPlace, MAX_TAIL_BYTES, readTail } from './tail.js'

/** What the README lists; every other difference between the inserter and parse5 is a fault. */
export const EXCEPTIONS = {
  'content-after-body':
    'More than white space, comments and </html>, or more than 512 bytes, follow </body>: the snippet runs at the end.',
  'open-at-end':
    'The page ends inside a comment, a tag, a text element, a template or MathML, which swallows the snippet.',
  'tail-inside-markup':
    'What looks like the tail stands inside a comment, a tag or a CDATA section, which swallows the snippet.',
  'late-document':
    'The page begins with neither doctype, html nor head; what makes it a page comes after its first tags.',
  frameset: 'A frameset takes the place of the body that had begun, and of the snippets in it.',
} as const
export type Exception = keyof typeof EXCEPTIONS

export interface Verdict {
  /** What is wrong, in a few words each; empty when all is right. */
  readonly faults: readonly string[]
  readonly exceptions: ReadonlySet<Exception>
}

interface InjectedPage {
  readonly charset: Charset
  readonly markers: Markers
  /** The page with its snippets; one character is one byte. */
  readonly output: string
  readonly places: Places
}

/** A page before and after, as parse5 reads it. */
interface Reading extends InjectedPage {
  readonly before: ReadPage
  readonly after: ReadPage
}

/** Of a page that has got all its snippets, or, when it is a frameset, those of its head. */
export function judgePlaces(injected: InjectedPage): Verdict {
  const { charset, markers, output, places } = injected
  const { page, offsets } = places
  const before = readPage(decode(page, charset))
  const after = readPage(decode(output, charset))
  const reading = { ...injected, before, after }
  const { faults, exceptions, swallowedAt } = judgeDead(reading)
  const alive = (place: Place) => (offsets[place] === swallowedAt ? undefined : after.markers.get(place))

  const headStart = alive('headStart')
  if (headStart !== undefined) faults.push(...judgeHeadStart(headStart, { page, markers, before, after }))
  if (headStart !== undefined && !before.beginsAsDocument && standsLate(headStart)) exceptions.add('late-document')
  faults.push(...judgeHeadEnd(alive('headEnd'), after), ...judgeBodyStart(alive('bodyStart'), after))

  if (offsets.bodyEnd === undefined) {
    if (!before.isFrameset) faults.push('bodyEnd is missing')
  } else {
    const place = endsInHead(places) ? offsets.bodyStart : findTailPlace(page, offsets.bodyStart ?? 0)
    if (offsets.bodyEnd !== place) faults.push('bodyEnd is not where the tail rule says')
    const relation = alive('bodyEnd') === undefined ? 'before </body>' : relateToBodyEnd(reading)
    if (relation === 'elsewhere') faults.push('bodyEnd is not before </body>')
    if (relation === 'after more content') exceptions.add('content-after-body')
  }
  const allRun = PLACES.every((place) => offsets[place] === undefined || alive(place) !== undefined)
  if (allRun && !isSameDocument(reading)) faults.push('the document is another one')
  return { faults, exceptions }
}

/** Whether the page has a doctype or a tag that makes it a document, as parse5 reads it. */
export function isDocument(page: string, charset: Charset): boolean {
  return readPage(decode(page, charset)).isDocument
}

/** Whether the page ends before its head does, in white space or a tag that could still have been told from others. */
export function endsInHead({ page, offsets: { bodyStart, bodyEnd } }: Places): boolean {
  return bodyStart !== undefined && bodyStart === bodyEnd && /^[\t\n\f\r ]*(?:<[^>]*)?$/.test(page.slice(bodyStart))
}

/** The snippets that do not run; those at `swallowedAt` are in the remains of one that the page's end swallowed. */
function judgeDead(reading: Reading) {
  const faults: string[] = []
  const exceptions = new Set<Exception>()
  let swallowedAt: number | undefined
  for (const place of PLACES) {
    const offset = reading.places.offsets[place]
    if (offset === undefined || offset === swallowedAt || reading.after.markers.has(place)) continue
    const excuse = excuseOf(place, offset, reading)
    if (excuse === undefined) faults.push(`${place} does not run`)
    else exceptions.add(excuse)
    if (excuse === 'open-at-end') swallowedAt = offset
  }
  return { faults, exceptions, swallowedAt }
}

/** Why a snippet at this offset does not run. */
function excuseOf(place: Place, offset: number, { places, before, charset }: Reading): Exception | undefined {
  const { page } = places
  if (before.isFrameset && (place === 'bodyStart' || place === 'bodyEnd')) return 'frameset'
  const isTail = readTail(page.slice(offset)) !== undefined
  const isEnd = offset === page.length || isTail || isCutShort(page, offset)
  const probed = decode(page + MARKERS.bodyEnd, charset)
  if (isEnd && !readPage(probed).markers.has('bodyEnd')) return 'open-at-end'
  return place === 'bodyEnd' && isTail ? 'tail-inside-markup' : undefined
}

function judgeHeadEnd(marker: Element | undefined, { head }: ReadPage): string[] {
  if (marker === undefined) return []
  if (marker.parentNode !== head) return ['headEnd is not in the head']
  const endsAt = head.sourceCodeLocation?.endTag?.startOffset
  const isThere = endsAt === undefined || marker.sourceCodeLocation?.endOffset === endsAt
  return isThere ? [] : ['headEnd is not before </head>']
}

function judgeBodyStart(marker: Element | undefined, { head, body }: ReadPage): string[] {
  if (marker === undefined) return []
  if (marker.parentNode !== head && marker.parentNode !== body) return ['bodyStart is in neither head nor body']
  const opensAt = body?.sourceCodeLocation?.startTag?.endOffset
  const isThere = opensAt === undefined || marker.sourceCodeLocation?.startOffset === opensAt
  return isThere ? [] : ['bodyStart is not after <body>']
}

/** How the body-end snippet stands to the end tag that parse5 takes for the body's, if the page has one. */
function relateToBodyEnd({ places: { page, offsets }, before, charset }: Reading) {
  const closesAt = before.body?.sourceCodeLocation?.endTag?.startOffset
  if (closesAt === undefined) return 'no </body>'
  const at = byteOffsetOf(closesAt, page, charset)
  if (at === offsets.bodyEnd) return 'before </body>'
  const isTail = page.length - at <= MAX_TAIL_BYTES && readTail(page.slice(at)) === 'body'
  return isTail ? 'elsewhere' : 'after more content'
}

function isSameDocument({ places, before, after }: Reading): boolean {
  // A comment that is cut short there comes after the snippets, and so into the body that they begin.
  if (endsInHead(places)) return true
  // White space before a `<` at the very end is text of its own when a snippet stands between.
  const isSplit = isCutShort(places.page, places.offsets.bodyEnd ?? 0)
  const squeeze = (text: string) => (isSplit ? text.replace(/[\t\n\f\r ]+/g, '') : text)
  return squeeze(before.dump()) === squeeze(after.dump())
}

function isCutShort(page: string, offset: number): boolean {
  return /^<[^>]*$/.test(page.slice(offset))
}

/** The offset in bytes of a `<` of the decoded page: no charset has that byte in any other character. */
function byteOffsetOf(decodedOffset: number, page: string, charset: Charset): number {
  let number = decode(page, charset).slice(0, decodedOffset).split('<').length
  let at = -1
  while (number-- > 0) at = page.indexOf('<', at + 1)
  return at
}
