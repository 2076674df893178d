// The tail rule: the real `</body>` is the last one that only white space, `</html>` and comments follow up to the end.
// Nothing else of the page is looked at, and nothing but such a tail is ever held back.
import { endsName, findCommentEnd, findTagEnd, isSpace, LESS_THAN, matchWord } from './markup.js'

/** A longer tail is no tail: the snippet then goes to the end of the page. */
export const MAX_TAIL_BYTES = 512

const NOTHING = Buffer.alloc(0)

/**
 * What a `<` begins, as far as the data goes: no tail at all, a tail whose first tag is still incomplete, or a tail
 * that begins with a whole `</body>` or `</html>`.
 */
type Tail = 'none' | 'partial' | 'body' | 'html'

export interface BodyTail {
  /** Bytes held back at this moment. */
  readonly held: Buffer
  /** Takes the next bytes of the page and adds to `out` those that cannot belong to its tail. */
  push(chunk: Buffer, out: Buffer[]): void
  /** Adds to `out` what was held, with `snippet` at its place: the page ends here. */
  end(snippet: Buffer, out: Buffer[]): void
  /** The same for a page that is still open, when a whole tail is held; answers whether there was one. */
  release(snippet: Buffer, out: Buffer[]): boolean
}

export function createBodyTail(): BodyTail {
  let held: Buffer = NOTHING

  function give(at: number, snippet: Buffer, out: Buffer[]): void {
    if (at > 0) out.push(held.subarray(0, at))
    out.push(snippet)
    if (at < held.length) out.push(held.subarray(at))
    held = NOTHING
  }

  return {
    get held() {
      return held
    },

    push(chunk, out) {
      // No tail that began in the held bytes can still be short enough when the chunk alone is as long as a tail.
      const joined = held.length === 0 || chunk.length >= MAX_TAIL_BYTES ? chunk : Buffer.concat([held, chunk])
      const start = findFirstTail(joined)
      if (joined === chunk && held.length > 0) out.push(held)
      if (start > 0) out.push(joined.subarray(0, start))
      // A copy, because the chunk belongs to the application.
      held = start === joined.length ? NOTHING : Buffer.from(joined.subarray(start))
    },

    end(snippet, out) {
      const place = findPlace(held)
      // A tag that the end of the page cuts short would swallow what follows it, so the snippet goes before it.
      give(place === -1 ? 0 : place, snippet, out)
    },

    release(snippet, out) {
      const place = findPlace(held)
      if (place === -1) return false
      give(place, snippet, out)
      return true
    },
  }
}

/** The offset of the first `<` that may begin the page's tail, or the data's length. */
function findFirstTail(data: Buffer): number {
  let at = data.indexOf(LESS_THAN, Math.max(0, data.length - MAX_TAIL_BYTES))
  while (at !== -1) {
    if (readTail(data, at) !== 'none') return at
    at = data.indexOf(LESS_THAN, at + 1)
  }
  return data.length
}

/** Where the snippet goes in a tail: before the last real `</body>`, else before the first `</html>`, else -1. */
function findPlace(tail: Buffer): number {
  let body = -1
  let html = -1
  for (let at = tail.indexOf(LESS_THAN); at !== -1; at = tail.indexOf(LESS_THAN, at + 1)) {
    const kind = readTail(tail, at)
    if (kind === 'body') body = at
    else if (kind === 'html' && html === -1) html = at
  }
  return body === -1 ? html : body
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
