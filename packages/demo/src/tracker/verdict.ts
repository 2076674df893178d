// A fetched page in a few words: how near it came to what the visitor saw.
import type { Beacon } from './beacon.js'
import type { Fetched, FetchResult } from './crawler.js'
import { isFetched, textOf } from './fetched-text.js'
import { compareWords, type Comparison } from './visible-words.js'

export interface Verdict {
  readonly good: boolean
  /** Two or three, such as `Same words`. */
  readonly words: string
  /** Absent when there was no page to compare. */
  readonly comparison?: Comparison
}

/** Judges the copy that the fetch URL gave. */
export function judgeCopy(beacon: Beacon, result: FetchResult): Verdict {
  if (!isFetched(result)) return { good: false, words: 'No answer' }
  if (result.status !== 200) return { good: false, words: `No copy (${result.status})` }
  if (result.digestMatches === false) return { good: false, words: 'Digest does not match' }
  return compare(beacon, result)
}

/** Judges what the page's address gave to a crawler without a session. */
export function judgeAnonymous(beacon: Beacon, result: FetchResult): Verdict {
  return isFetched(result) ? compare(beacon, result) : { good: false, words: 'No answer' }
}

function compare({ snapshot }: Beacon, fetched: Fetched): Verdict {
  const comparison = compareWords(snapshot, textOf(fetched))
  return { good: comparison.same, words: comparison.same ? 'Same words' : otherPage(fetched), comparison }
}

function otherPage({ trail }: Fetched): string {
  const landedOn = trail.length > 1 ? trail.at(-1) : undefined
  return landedOn === undefined ? 'Other words' : `Sent away to ${landedOn.replace(/\?.*/, '')}`
}
