// Counts by words of a closed list, so that no label ever holds what somebody else made up.
import type { Labels } from './measures.js'

/** One line of a metric. */
export interface Series {
  readonly labels: Labels
  value: number
}

export interface WordCounts {
  /** One for each word and one for `other`, at 0 from the start. */
  readonly series: readonly Series[]
  /** Counts a word; what is none of the list is `other`. */
  add(word: unknown): void
}

/** `labelsOf` gives the labels of a word, or of `other`. */
export function createWordCounts(words: readonly string[], labelsOf: (word: string) => Labels): WordCounts {
  const toSeries = (word: string): Series => ({ labels: labelsOf(word), value: 0 })
  const other = toSeries('other')
  const byWord = new Map<unknown, Series>(words.map((word) => [word, toSeries(word)]))
  return {
    series: [...byWord.values(), other],
    add(word) {
      ;(byWord.get(word) ?? other).value++
    },
  }
}
