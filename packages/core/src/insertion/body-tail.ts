// The tail rule: the real `</body>` is the last one that only white space, `</html>` and comments follow up to the end.
// Nothing else of the page is looked at, and nothing but such a tail is ever held back.
import { endsName, findCommentEnd, findTagEnd, isSpace, LESS_THAN, matchWord, SLASH } from './markup.js'

/** A longer tail is no tail: the snippet then goes to the end of the page. */
const MAX_TAIL_BYTES = 512

/** By byte: its place, from 1, in the `</bo` or `</ht` that opens a tail in either case; 0 for all others. */
const PLACE_IN_OPENING = placesIn(['</bo', '</BO', '</ht', '</HT'])

const NOTHING = Buffer.alloc(0)

/**
 * What a `<` begins, as far as the data goes: no tail at all, a tail whose first tag is still incomplete, or a tail
 * that begins with a whole `</body>` or `</html>`.
 */
type Tail = 'none' | 'partial' | 'body' | 'html'

/** One per response. */
export class BodyTail {
  #held: Buffer = NOTHING

  /** Bytes held back at this moment. */
  get held(): Buffer {
    return this.#held
  }

  /** Whether nothing is held and nothing of these next bytes can belong to the tail; nothing is taken. */
  passes(chunk: Buffer): boolean {
    return this.#held.length === 0 && findFirstTail(chunk) === chunk.length
  }

  /** Takes the next bytes of the page and adds to `out` those that cannot belong to its tail. */
  push(chunk: Buffer, out: Buffer[]): void {
    const held = this.#held
    // No tail that began in the held bytes can still be short enough when the chunk alone is as long as a tail.
    const joined = held.length === 0 || chunk.length >= MAX_TAIL_BYTES ? chunk : Buffer.concat([held, chunk])
    const start = findFirstTail(joined)
    if (joined === chunk && held.length > 0) out.push(held)
    if (start === joined.length) {
      if (start > 0) out.push(joined)
      this.#held = NOTHING
      return
    }
    if (start > 0) out.push(joined.subarray(0, start))
    // A copy, because the chunk belongs to the application.
    this.#held = Buffer.from(joined.subarray(start))
  }

  /** The page ends here: adds to `out` what of the held bytes goes before the snippet, and answers the others. */
  end(out: Buffer[]): Buffer {
    // A tag that the end of the page cuts short would swallow what follows it, so the snippet goes before it.
    return this.#split(Math.max(0, findPlace(this.#held)), out)
  }

  /** The same for a page that is still open; `undefined` when no whole tail is held. */
  release(out: Buffer[]): Buffer | undefined {
    const place = findPlace(this.#held)
    return place === -1 ? undefined : this.#split(place, out)
  }

  #split(at: number, out: Buffer[]): Buffer {
    const held = this.#held
    this.#held = NOTHING
    if (at > 0) out.push(held.subarray(0, at))
    return held.subarray(at)
  }
}

/**
 * The offset of the first `<` that may begin the page's tail, or the data's length. A tail begins with four bytes of
 * which every fourth byte of the data hits one, and that one tells where its `<` would be.
 */
function findFirstTail(data: Buffer): number {
  const from = Math.max(0, data.length - MAX_TAIL_BYTES)
  for (let at = from + 3; at < data.length; at += 4) {
    const place = PLACE_IN_OPENING[data[at]!]!
    if (place !== 0 && opensTail(data, at - place + 1)) return at - place + 1
  }
  for (let at = Math.max(from, data.length - 3); at < data.length; at++) if (opensTail(data, at)) return at
  return data.length
}

/** Where the snippet goes in a tail: before the last real `</body>`, else before the first `</html>`, else -1. */
function findPlace(tail: Buffer): number {
  let html = -1
  for (let at = tail.length - 1; at >= 0; at--) {
    if (!mayOpenTail(tail, at)) continue
    const kind = readTail(tail, at)
    if (kind === 'body') return at
    if (kind === 'html') html = at
  }
  return html
}

function opensTail(data: Buffer, at: number): boolean {
  return mayOpenTail(data, at) && readTail(data, at) !== 'none'
}

/** A look at four bytes, which spares most tags of a page the reading: `</bo` or `</ht`, as far as the data goes. */
function mayOpenTail(data: Buffer, at: number): boolean {
  if (data[at] !== LESS_THAN) return false
  if (at + 1 === data.length) return true
  if (data[at + 1] !== SLASH) return false
  if (at + 2 === data.length) return true
  const letter = data[at + 2]! | 0x20
  if (letter !== 0x62 && letter !== 0x68) return false
  return at + 3 === data.length || (data[at + 3]! | 0x20) === (letter === 0x62 ? 0x6f : 0x74)
}

function readTail(data: Buffer, from: number): Tail {
  const body = readEndTag(data, from, '</body')
  const first = body === 'no' ? readEndTag(data, from, '</html') : body
  if (first === 'no') return 'none'
  if (first === 'partly') return 'partial'
  const kind = body === 'no' ? 'html' : 'body'
  let at = first
  while (at < data.length) {
    if (isSpace(data[at]!)) {
      at++
      continue
    }
    const next = readFollower(data, at)
    if (next === 'no') return 'none'
    if (next === 'partly') return kind
    at = next
  }
  return kind
}

/** The offset after a comment or `</html>` at `from`. */
function readFollower(data: Buffer, from: number): number | 'no' | 'partly' {
  const comment = matchWord(data, from, '<!--')
  if (comment === 'no') return readEndTag(data, from, '</html')
  if (comment === 'partly') return 'partly'
  const end = findCommentEnd(data, from + 4)
  return end === -1 ? 'partly' : end
}

/** The offset after the end tag that begins with `open` at `from`. */
function readEndTag(data: Buffer, from: number, open: string): number | 'no' | 'partly' {
  const match = matchWord(data, from, open)
  if (match !== 'yes') return match
  const after = from + open.length
  if (after === data.length) return 'partly'
  if (!endsName(data[after]!)) return 'no'
  const end = findTagEnd(data, after)
  return end === -1 ? 'partly' : end
}

function placesIn(openings: readonly string[]): Uint8Array {
  const places = new Uint8Array(256)
  for (const opening of openings) [...Buffer.from(opening)].forEach((byte, index) => (places[byte] = index + 1))
  return places
}
