// Makes one case from its seed and its number: a page in pieces, its charset, and the snippets that go into it.
import { ANYWHERE_BITS, BODY_BITS, HEAD_BITS, RARE_BITS, SKELETONS, TAIL_BITS } from './bits.js'
import { CHARSETS, createLetters, type Charset } from './charsets.js'
import { createRandom, type Random } from './random.js'

export interface FuzzCase {
  readonly seed: number
  readonly number: number
  readonly charset: Charset
  /** The page; one character is one byte. */
  readonly pieces: readonly string[]
  /** Sizes of chunks, used over and over. */
  readonly randomSizes: readonly number[]
  /** Whether the head-start snippet is one that waits for the charset declaration. */
  readonly longHeadStart: boolean
}

const UTF8_BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** `lastScript` becomes the last of the page's own body. */
export function createCase(seed: number, number: number, lastScript = ''): FuzzCase {
  const random = createRandom(seed, number)
  const charset = random.pick(CHARSETS)
  return {
    seed,
    number,
    charset,
    pieces: createPieces(charset, random, lastScript),
    randomSizes: createSizes(random),
    longHeadStart: random.oneIn(8),
  }
}

function createPieces(charset: Charset, random: Random, lastScript: string): string[] {
  const [open, middle, close] = random.pick(SKELETONS)
  // In half of the pages every part is what belongs there, so that they get as far as their end.
  const isWild = random.oneIn(2)
  const bits = (own: readonly string[], most: number) => {
    const pieces: string[] = []
    for (let count = random.integer(0, most); count > 0; count--) {
      if (random.oneIn(12)) pieces.push(createLetters(charset, random))
      else if (isWild && random.oneIn(25)) pieces.push(random.pick(RARE_BITS))
      else pieces.push(random.pick(isWild && random.oneIn(2) ? ANYWHERE_BITS : own))
    }
    return pieces
  }
  const pieces = [
    charset === 'utf-8' && random.oneIn(4) ? UTF8_BYTE_ORDER_MARK : '',
    open,
    ...bits(HEAD_BITS, 5),
    middle,
    ...bits(BODY_BITS, 7),
    lastScript,
    close,
    ...createTail(random),
  ]
  return pieces.filter((piece) => piece !== '')
}

function createTail(random: Random): string[] {
  if (random.oneIn(2)) return []
  const pieces: string[] = []
  for (let count = random.integer(0, 4); count > 0; count--) pieces.push(random.pick(TAIL_BITS))
  // About as long as the longest tail that is waited for.
  if (random.oneIn(6))
    pieces.splice(random.integer(0, pieces.length), 0, `<!--${'x'.repeat(random.integer(460, 515))}-->`)
  if (random.oneIn(10))
    pieces.splice(random.integer(0, pieces.length), 0, '</body>', ' '.repeat(random.integer(490, 512)))
  return pieces
}

function createSizes(random: Random): number[] {
  const most = random.pick([3, 12, 700])
  return Array.from({ length: random.integer(1, 6) }, () => random.integer(1, most))
}
