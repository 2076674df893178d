// What became of the pages that this process stored, so that a miss can be explained and a page that nobody came for is
// counted. It knows its own pages alone: another server of a farm may have handed one over.
import type { PageToken } from './page-token.js'
import type { Loss, Miss } from './words.js'

/** The oldest is forgotten first; asked for later it is `unknown`, and not counted when it expires. */
const MAX_REMEMBERED_PAGES = 10_000
const SWEEP_TOGETHER_MS = 250

/** For a page that could not be stored, the reason. */
type Fate = 'waiting' | 'taken' | 'stays' | 'expired' | Loss
const FATES: readonly Fate[] = [
  'waiting',
  'taken',
  'stays',
  'expired',
  'too-large',
  'overloaded',
  'paused',
  'timeout',
  'failed',
]

export interface PageFates {
  /** The page of `token` is in the store, for `lifetimeMs` from now. */
  stored: (token: PageToken, lifetimeMs: number) => void
  /** It left with its token, and could not be stored. */
  lost: (token: PageToken, reason: Loss) => void
  /** It was handed over, and `taken` or left where it is. */
  fetched: (token: PageToken, taken: boolean) => void
  /** Why the store has no such page. */
  missOf: (token: PageToken) => Miss
  lossOf: (token: PageToken) => Loss | undefined
  /** Stops counting; the process can exit in any case. */
  close: () => void
}

/** `onExpired` is told of each page whose time is over and which was not fetched from this process, within a second. */
export function createPageFates(onExpired: () => void): PageFates {
  // One ring for all, in memory that is given once: what is kept for each page would be felt where there are many.
  const keys = new Float64Array(MAX_REMEMBERED_PAGES)
  /** Until when a page waits, by a clock that only moves forward. */
  const ends = new Float64Array(MAX_REMEMBERED_PAGES)
  const fates = new Uint8Array(MAX_REMEMBERED_PAGES)
  /** How many have been written, and how many of them swept: the places are these numbers modulo the size. */
  let written = 0
  let swept = 0
  let timer: NodeJS.Timeout | undefined

  function add(token: PageToken, fate: Fate, end: number): void {
    const at = written % MAX_REMEMBERED_PAGES
    written++
    keys[at] = keyOf(token)
    ends[at] = end
    fates[at] = FATES.indexOf(fate)
  }

  /** The latest first: most pages are fetched soon. */
  function placeOf(token: PageToken): number {
    const key = keyOf(token)
    const next = written % MAX_REMEMBERED_PAGES
    const recent = next === 0 ? -1 : keys.lastIndexOf(key, next - 1)
    return recent === -1 ? keys.lastIndexOf(key) : recent
  }

  function fateOf(token: PageToken): Fate | undefined {
    const at = placeOf(token)
    if (at === -1) return undefined
    const fate = FATES[fates[at] ?? 0]
    return fate === 'waiting' && (ends[at] ?? 0) <= performance.now() ? 'expired' : fate
  }

  function sweep(): void {
    timer = undefined
    const now = performance.now()
    for (swept = Math.max(swept, written - MAX_REMEMBERED_PAGES); swept < written; swept++) {
      const at = swept % MAX_REMEMBERED_PAGES
      if (FATES[fates[at] ?? 0] !== 'waiting') continue
      const leftMs = (ends[at] ?? 0) - now
      if (leftMs > 0) return sweepLater(leftMs)
      fates[at] = FATES.indexOf('expired')
      onExpired()
    }
  }

  /** A little later than the first expires, so that many are swept together. */
  function sweepLater(lifetimeMs: number): void {
    timer ??= setTimeout(sweep, lifetimeMs + SWEEP_TOGETHER_MS).unref()
  }

  return {
    stored(token, lifetimeMs) {
      add(token, 'waiting', performance.now() + lifetimeMs)
      sweepLater(lifetimeMs)
    },
    lost(token, reason) {
      add(token, reason, 0)
    },
    fetched(token, taken) {
      const fate = taken ? 'taken' : 'stays'
      const at = placeOf(token)
      if (at === -1) add(token, fate, 0)
      else fates[at] = FATES.indexOf(fate)
    },
    missOf(token) {
      const fate = fateOf(token)
      if (fate === undefined) return 'unknown'
      if (fate === 'waiting') return 'evicted'
      if (fate === 'taken') return 'taken'
      return fate === 'stays' || fate === 'expired' ? 'expired' : 'lost'
    },
    lossOf(token) {
      const fate = fateOf(token)
      return fate === 'waiting' || fate === 'taken' || fate === 'stays' || fate === 'expired' ? undefined : fate
    },
    close() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/**
 * The beginning of a token as a number, seven characters of seven bits: nothing that opens a page. Two of ten thousand
 * tokens that begin alike are met once in a hundred thousand such lots, and what is told of them is for the log.
 */
function keyOf(token: PageToken): number {
  let key = 0
  for (let at = 0; at < 7; at++) key = key * 128 + token.charCodeAt(at)
  return key
}
