// What one check has to say: how it went, a sentence on what was seen, and for what is wrong the word that explains it.
import type { Word } from '../crawl/word.js'
import type { Expectations, Observations } from './observations.js'

/** Only `fail` makes the command fail. */
export type CheckState = 'ok' | 'warn' | 'fail' | 'not-checked'

export const CHECK_NAMES = [
  'page', 'filter', 'snippets', 'policy', 'fetch URL', 'fetcher', 'address', 'copy', 'once', 'content', 'compression',
  'caching', 'robots.txt', 'robots tag', 'clock', 'farm', 'browser', 'browser scripts', 'browser copy',
] as const // prettier-ignore

export type CheckName = (typeof CHECK_NAMES)[number]

export interface CheckResult {
  readonly check: CheckName
  readonly state: CheckState
  /** What was seen, or why nothing was; without a full stop. */
  readonly said: string
  /** With `warn` and `fail`. */
  readonly word?: Word | undefined
  /** The nearer reason, where one is known; its remedy is the one to follow. */
  readonly because?: Word | undefined
}

export type Check = (seen: Observations, expected: Expectations) => readonly CheckResult[]

/** The results of one check, by how it went. */
export function resultsOf(check: CheckName) {
  return {
    ok: (said: string): CheckResult => ({ check, state: 'ok', said }),
    notChecked: (said: string): CheckResult => ({ check, state: 'not-checked', said }),
    warn: (said: string, word: Word): CheckResult => ({ check, state: 'warn', said, word }),
    fail: (said: string, word: Word, because?: Word): CheckResult => ({ check, state: 'fail', said, word, because }),
  }
}

/** A word of what is found. */
export function finding(word: Extract<Word, { kind: 'found' }>['word']): Word {
  return { kind: 'found', word }
}
