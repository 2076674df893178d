// Runs one case in every way that the promises speak of, and says which of them it breaks.
import { insert, split } from './insert.js'
import { LONG_MARKERS, MARKERS, planOf, PLACES, takeOut, type Markers, type Place, type Places } from './markers.js'
import { endsInHead, isDocument, judgePlaces, type Exception } from './oracle.js'
import { findTailPlace } from './tail.js'
import { PageBody } from '../../packages/express/src/page-body.js'
import type { FuzzCase } from './fuzz-case.js'

export interface Judgement {
  readonly kind: string
  readonly faults: readonly string[]
  readonly exceptions: ReadonlySet<Exception>
}

const NO_EXCEPTIONS: ReadonlySet<Exception> = new Set()
/** A partial tag, or a `<meta>` that may be a charset declaration, after white space. */
const MAX_HELD_BYTES = 1024 + 256
const MAX_HELD_BODY_BYTES = 512

const PLANS = new Map([MARKERS, LONG_MARKERS].map((markers) => [markers, planOf(markers)]))
const BODY_END_ONLY = planOf(MARKERS, ['bodyEnd'])

export function judgeCase({ number, charset, pieces, randomSizes, longHeadStart }: FuzzCase): Judgement {
  const page = pieces.join('')
  const bytes = Buffer.from(page, 'latin1')
  const markers = longHeadStart ? LONG_MARKERS : MARKERS
  const plan = PLANS.get(markers)!
  const whole = insert(bytes, plan)
  const output = whole.output.toString('latin1')
  const places = takeOut(output, markers)
  const faults = [...places.faults]
  if (places.page !== page) faults.push('the page has other bytes')

  const chunkings = { bytes: [1], borders: pieces.map((piece) => piece.length), random: randomSizes }
  for (const [name, sizes] of Object.entries(chunkings)) {
    const { output, kind, mostHeld } = insert(bytes, plan, sizes)
    if (!output.equals(whole.output) || kind !== whole.kind) faults.push(`another result, split by ${name}`)
    if (mostHeld > MAX_HELD_BYTES) faults.push(`holds ${mostHeld} bytes, split by ${name}`)
  }
  if (insert(bytes, BODY_END_ONLY, [1]).mostHeld > MAX_HELD_BODY_BYTES) faults.push('holds more than a tail')
  const silent = insert(bytes, plan, randomSizes, (chunk) => chunk % 2 === 0)
  const leftBySilence = takeOut(silent.output.toString('latin1'), markers)
  if (leftBySilence.page !== page || leftBySilence.faults.length > 0) faults.push('other bytes after a silence')
  faults.push(...judgeBody(bytes, markers, whole.output, randomSizes))

  if (whole.kind === 'fragment' || whole.kind === 'undecided') {
    if (output !== page) faults.push('a fragment gets a snippet')
    if (isDocument(page, charset)) faults.push('a document is taken for a fragment')
    return { kind: 'fragment', faults, exceptions: NO_EXCEPTIONS }
  }
  const missing = PLACES.filter((place) => places.offsets[place] === undefined)
  if (missing.join() !== (whole.kind === 'page' ? '' : 'bodyStart,bodyEnd')) faults.push(`no ${missing.join(', ')}`)
  if (faults.length > 0) return { kind: whole.kind, faults, exceptions: NO_EXCEPTIONS }
  const verdict = judgePlaces({ charset, markers, output, places })
  const isFrameset = whole.kind === 'frameset' || verdict.exceptions.has('frameset')
  if (!isFrameset && !endsInHead(places))
    faults.push(...judgeAlone(bytes, places, markers, PLACES[number % PLACES.length]!))
  return { kind: whole.kind, faults: [...faults, ...verdict.faults], exceptions: verdict.exceptions }
}

/** A snippet is at the same place whatever others there are; without any in the head, only the tail is looked at. */
function judgeAlone(page: Buffer, { page: text, offsets }: Places, markers: Markers, place: Place): string[] {
  const { output } = insert(page, planOf(markers, [place]))
  const alone = takeOut(output.toString('latin1'), markers).offsets[place]
  const expected = place === 'bodyEnd' ? findTailPlace(text, 0) : offsets[place]
  return alone === expected ? [] : [`${place} alone is elsewhere`]
}

/** The page's way through the response filter: the same bytes, and exactly as many as were declared. */
function judgeBody(page: Buffer, markers: Markers, expected: Buffer, sizes: readonly number[]): string[] {
  const faults: string[] = []
  const createBody = () =>
    new PageBody({
      plan: PLANS.get(markers)!,
      capture: undefined,
      stored: undefined,
      onFailure: (error) => faults.push(`the inserter throws ${String(error)}`),
    })
  const whole: Buffer[] = []
  createBody().takeWhole(page, true, whole)
  if (!Buffer.concat(whole).equals(expected)) faults.push('another result, given whole')

  const body = createBody()
  const out: Buffer[] = []
  let declared: number | undefined
  for (const chunk of split(page, sizes)) {
    body.take(chunk, out)
    if (declared === undefined) declared = body.kind === 'page' ? page.length + body.promiseGrowth() : 0
  }
  body.end(out)
  const sent = Buffer.concat(out)
  const padding = sent.subarray(expected.length)
  if (!sent.subarray(0, expected.length).equals(expected) || padding.some((byte) => byte !== 0x20))
    faults.push('another result, in pieces')
  if (declared !== undefined && declared > 0 && sent.length !== declared)
    faults.push(`${declared} bytes declared, ${sent.length} sent`)
  if (declared === 0 && padding.length > 0) faults.push('spaces that nobody was promised')
  return faults
}
