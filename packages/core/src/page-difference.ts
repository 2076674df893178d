// What a visitor's page has that its stored copy has not: the pieces that were inserted on the way out.

/** `length` bytes of the visitor's page from `offset`; without all pieces it is the stored copy. */
export interface InsertedPiece {
  readonly offset: number
  readonly length: number
}

export type PageDifference =
  | { readonly kind: 'identical' }
  | { readonly kind: 'insertions'; readonly pieces: readonly InsertedPiece[] }
  /** Not to be explained by a few insertions; the pages part at this byte (from 0). */
  | { readonly kind: 'differs'; readonly offset: number }

interface Recognition {
  readonly anchorBytes: readonly number[]
  readonly prefersMarkup: boolean
}

/** More pieces than this are no snippets but another page. */
const MAX_PIECES = 32
/**
 * Ways of recognising where the stored copy goes on behind a piece, from the likeliest to the surest: by how many of its
 * next bytes (the first length that occurs), and whether a `>` should stand before them. The last is never wrong about
 * whether insertions explain the difference, and the least likely to cut them where people would.
 */
const RECOGNITIONS: readonly Recognition[] = [
  { anchorBytes: [256, 64, 16, 4, 1], prefersMarkup: true },
  { anchorBytes: [256, 64, 16, 4, 1], prefersMarkup: false },
  { anchorBytes: [1], prefersMarkup: false },
]
const MAX_OCCURRENCES = 1000
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e

/**
 * Compares in time proportional to the pages. The pieces are exact: taking them out of `visitor` gives `stored`. Where
 * they could be cut in several ways, those that begin with `<` and end with `>` are preferred.
 */
export function comparePages(stored: Buffer, visitor: Buffer): PageDifference {
  const prefix = commonPrefix(stored, 0, visitor, 0)
  if (prefix === stored.length && prefix === visitor.length) return { kind: 'identical' }
  for (const recognition of RECOGNITIONS) {
    const pieces = findPieces(stored, visitor, recognition)
    if (pieces !== undefined) return { kind: 'insertions', pieces }
  }
  return { kind: 'differs', offset: prefix }
}

function findPieces(stored: Buffer, visitor: Buffer, recognition: Recognition): readonly InsertedPiece[] | undefined {
  const pieces: InsertedPiece[] = []
  let storedAt = commonPrefix(stored, 0, visitor, 0)
  let visitorAt = storedAt
  const suffix = commonSuffix(stored, storedAt, visitor, visitorAt)
  const [storedEnd, visitorEnd] = [stored.length - suffix, visitor.length - suffix]
  while (visitorAt < visitorEnd || storedAt < storedEnd) {
    if (pieces.length === MAX_PIECES) return undefined
    const resumeAt =
      storedAt === storedEnd
        ? visitorEnd
        : resumption(stored.subarray(storedAt, storedEnd), visitor.subarray(0, visitorEnd), visitorAt, recognition)
    if (resumeAt === undefined || resumeAt === visitorAt) return undefined
    pieces.push({ offset: visitorAt, length: resumeAt - visitorAt })
    const same = commonPrefix(stored, storedAt, visitor.subarray(0, visitorEnd), resumeAt)
    const taken = Math.min(same, storedEnd - storedAt)
    storedAt += taken
    visitorAt = resumeAt + taken
  }
  return pieces.map((piece, index) => {
    const previous = pieces[index - 1]
    const earliest = previous === undefined ? 0 : previous.offset + previous.length
    return asMarkup(visitor, piece, earliest, pieces[index + 1]?.offset ?? visitor.length)
  })
}

/** Where in `visitor`, from `from` on, what is left of the stored copy goes on. */
function resumption(rest: Buffer, visitor: Buffer, from: number, recognition: Recognition): number | undefined {
  for (const bytes of recognition.anchorBytes) {
    const at = findAnchor(rest.subarray(0, bytes), visitor, from, recognition.prefersMarkup)
    if (at !== undefined) return at
  }
  return undefined
}

/** The first occurrence, or the first that a `>` precedes where there is one: snippets end with a tag. */
function findAnchor(anchor: Buffer, visitor: Buffer, from: number, prefersMarkup: boolean): number | undefined {
  const first = visitor.indexOf(anchor, from)
  if (first < 0) return undefined
  let at = first
  for (let seen = 0; prefersMarkup && at >= 0 && seen < MAX_OCCURRENCES; seen += 1) {
    if (visitor[at - 1] === GREATER_THAN) return at
    at = visitor.indexOf(anchor, at + 1)
  }
  return first
}

/**
 * A piece whose end repeats what stands before it (or its start what stands behind it) could as well be cut elsewhere:
 * it is moved to where it reads as markup, between `earliest` and `latestEnd`.
 */
function asMarkup(visitor: Buffer, piece: InsertedPiece, earliest: number, latestEnd: number): InsertedPiece {
  const { length } = piece
  const readsAsMarkup = (offset: number) =>
    visitor[offset] === LESS_THAN && visitor[offset + length - 1] === GREATER_THAN
  for (let offset = piece.offset; ; offset -= 1) {
    if (readsAsMarkup(offset)) return { offset, length }
    if (offset === earliest || visitor[offset - 1] !== visitor[offset + length - 1]) break
  }
  for (let offset = piece.offset; ; offset += 1) {
    if (readsAsMarkup(offset)) return { offset, length }
    if (offset + length >= latestEnd || visitor[offset] !== visitor[offset + length]) break
  }
  return piece
}

function commonPrefix(stored: Buffer, storedAt: number, visitor: Buffer, visitorAt: number): number {
  const most = Math.min(stored.length - storedAt, visitor.length - visitorAt)
  let length = 0
  while (length < most && stored[storedAt + length] === visitor[visitorAt + length]) length += 1
  return length
}

/** Of what stands behind the common prefix. */
function commonSuffix(stored: Buffer, storedFrom: number, visitor: Buffer, visitorFrom: number): number {
  const most = Math.min(stored.length - storedFrom, visitor.length - visitorFrom)
  let length = 0
  while (length < most && stored[stored.length - 1 - length] === visitor[visitor.length - 1 - length]) length += 1
  return length
}
