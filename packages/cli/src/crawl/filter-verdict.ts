// What the response filter did with one page, told by the server where it tells us, and by signs where it does not.
import type { CookieJar } from './cookie-jar.js'
import type { FetchUrl } from './fetch-url.js'
import type { FetcherProbe } from './fetcher-probe.js'
import { parseFilterStatus } from './filter-status.js'
import type { HttpAnswer } from './http-request.js'
import { guessPassOver } from './pass-over-signs.js'
import { readWord, type Word } from './word.js'

export interface FilterVerdict {
  readonly outcome: 'injected' | 'passed over' | 'untouched'
  /** `told` by Facsimile-Status, `seen` in the page itself, or `guessed` from the headers. */
  readonly basis: 'told' | 'seen' | 'guessed'
  /** What is wrong; `undefined` when all is well as far as can be told. */
  readonly word: Word | undefined
  readonly snippets: number | undefined
  readonly blocked: number
  /** The response went through two filters, or twice through one. */
  readonly isDoubled: boolean
}

export interface SeenPage {
  readonly answer: HttpAnswer
  readonly fetchUrls: readonly FetchUrl[]
  readonly jar: CookieJar
  readonly probe: FetcherProbe
}

export function judgeFilter(page: SeenPage): FilterVerdict {
  const members = parseFilterStatus(page.answer.headers.get('facsimile-status'))
  const [first] = members
  if (first === undefined) return judgeBySigns(page)
  const told = { basis: 'told', blocked: 0, snippets: undefined, isDoubled: members.length > 1 } as const
  if (first.outcome !== 'injected') {
    // A newer server may have words that are not known here.
    const word = readWord('passed over', first.reason)
    return word === undefined
      ? { ...told, outcome: 'untouched', word: { kind: 'found', word: 'snippet-missing' } }
      : { ...told, outcome: 'passed over', word }
  }
  const { snippets, blocked, passes } = first
  const isDoubled = told.isDoubled || passes > 1
  const word = wordForInjected(page, snippets, blocked)
  return { ...told, outcome: snippets > 0 ? 'injected' : 'untouched', word, snippets, blocked, isDoubled }
}

function wordForInjected({ fetchUrls }: SeenPage, snippets: number, blocked: number): Word | undefined {
  if (blocked > 0) return { kind: 'found', word: 'snippet-blocked' }
  if (fetchUrls.length > 0) return undefined
  return { kind: 'found', word: snippets > 0 ? 'fetch-url-missing' : 'snippet-missing' }
}

/** A server that lets this address in tells it of every response that passes the filter. */
function judgeBySigns({ answer, fetchUrls, jar, probe }: SeenPage): FilterVerdict {
  const untold = { blocked: 0, snippets: undefined, isDoubled: false } as const
  if (fetchUrls.length > 0) return { ...untold, outcome: 'injected', basis: 'seen', word: undefined }
  // An error may come from whatever stands before the filter, and says nothing of it.
  if (answer.status >= 400)
    return { ...untold, outcome: 'untouched', basis: 'guessed', word: { kind: 'found', word: 'page-failing' } }
  const guess = guessPassOver(answer, jar)
  if (guess !== undefined)
    return { ...untold, outcome: 'passed over', basis: 'guessed', word: { kind: 'passed over', word: guess } }
  const word = probe.outcome === 'refused' ? 'snippet-missing' : 'filter-not-reached'
  return { ...untold, outcome: 'untouched', basis: 'guessed', word: { kind: 'found', word } }
}
