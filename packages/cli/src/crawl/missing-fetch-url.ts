// Why a page may have no fetch URL, from what can be seen of it, and what to do.
import { explain, WORDS, type PassOver } from '@facsimile/core'
import { CommandFailure, failure } from '../failure.js'
import type { CookieJar } from './cookie-jar.js'
import { parseFilterStatus } from './filter-status.js'
import type { HttpAnswer } from './http-request.js'
import { guessPassOver } from './pass-over-signs.js'
import { showUrl } from './shown-url.js'

const EVERYTHING_ELSE = [
  'Nothing in the answer says why. What is usually the cause:',
  '- Facsimile does not run in front of this address, or include, exclude or the `when` of a snippet passes it over;',
  '- no snippet carries %FetchUrl%, or disableFilter or disableCache is set;',
  "- the page's Content-Security-Policy blocks the snippet that carries it, as the site's log says;",
  '- the fetcher answers at another path: give --path or --config;',
  '- the visitor has the opt-out cookie, or sampleRatio left this page view out.',
  'A viewer whose address is in allowedAddresses gets the reason in the header Facsimile-Status.',
].join('\n')

/** The failure for a page in which nothing leads to a stored copy. */
export function missingFetchUrl(answer: HttpAnswer, jar: CookieJar): CommandFailure {
  const message = `there is no fetch URL in ${showUrl(answer.url)} (status ${answer.status}, ${answer.body.length} bytes)`
  const told = answer.headers.get('facsimile-status')
  const [status] = parseFilterStatus(told)
  const toldWord = status?.outcome === 'skipped' ? status.reason : undefined
  const word = told === undefined ? guessPassOver(answer, jar) : toldWord
  if (told !== undefined) return failure(`${message}; the server says "Facsimile-Status: ${told}"`, remedyFor(word))
  return failure(message, answer.status >= 400 ? explain('found', 'page-failing') : remedyFor(word))
}

function remedyFor(word: string | undefined): string {
  return isPassOver(word) ? explain('passed over', word) : EVERYTHING_ELSE
}

function isPassOver(word: string | undefined): word is PassOver {
  return word !== undefined && Object.hasOwn(WORDS['passed over'], word)
}
