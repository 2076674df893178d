// A verdict of the debug page: what was looked at, how it stands, and the remedy where there is one.
import { WORDS, type Explanation, type Finding, type Loss, type PassOver, type Unreadable } from '@facsimile/core'

/** From the worst to the best. */
const LEVELS = ['fault', 'warning', 'unknown', 'fine'] as const
export type Level = (typeof LEVELS)[number]

export interface Verdict {
  readonly level: Level
  /** A word of the table in docs/words.md; absent where all is fine, or nothing could be found out. */
  readonly word?: string
  readonly meaning: string
  readonly remedy?: string
  /** What was seen here: figures, names, what somebody said. */
  readonly details: readonly string[]
}

/** What a wrong installation has, by the table of findings. */
export function found(level: Level, word: Finding, ...details: readonly string[]): Verdict {
  return explained(level, word, WORDS.found[word], details)
}

export function passedOver(level: Level, word: PassOver, ...details: readonly string[]): Verdict {
  return explained(level, word, WORDS['passed over'][word], details)
}

export function notStored(word: Loss, ...details: readonly string[]): Verdict {
  return explained('fault', word, WORDS['not stored'][word], details)
}

export function unreadable(word: Unreadable, ...details: readonly string[]): Verdict {
  return explained('warning', word, WORDS.unreadable[word], details)
}

export function fine(meaning: string, ...details: readonly string[]): Verdict {
  return { level: 'fine', meaning, details }
}

export function unknown(meaning: string, remedy: string, ...details: readonly string[]): Verdict {
  return { level: 'unknown', meaning, remedy, details }
}

/** The worst first, and otherwise in the order in which they were found; what is found twice is one with all details. */
export function worstFirst(verdicts: readonly Verdict[]): readonly Verdict[] {
  const merged = new Map<string, Verdict>()
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.word, verdict.meaning])
    const known = merged.get(key)
    const details = [...new Set([...(known?.details ?? []), ...verdict.details])]
    merged.set(key, { ...(known !== undefined && isWorse(known, verdict) ? known : verdict), details })
  }
  return [...merged.values()].sort((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level))
}

function isWorse(one: Verdict, other: Verdict): boolean {
  return LEVELS.indexOf(one.level) < LEVELS.indexOf(other.level)
}

function explained(level: Level, word: string, [meaning, remedy]: Explanation, details: readonly string[]): Verdict {
  return { level, word, meaning, remedy, details }
}
