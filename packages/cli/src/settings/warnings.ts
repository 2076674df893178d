// What settings may say, and probably should not: each in a word of the one table.
import { findSettingGaps, type Settings } from '@facsimile/core'
import type { Word } from '../crawl/word.js'

export interface Warning {
  readonly word: Word
  /** What of the settings is meant, where the word does not say it; without a full stop. */
  readonly said?: string
}

export function findWarnings(settings: Settings): readonly Warning[] {
  return findSettingGaps(settings).map(({ said, ...word }) => ({ word, ...(said !== undefined && { said }) }))
}
