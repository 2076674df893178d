// Whether the page's Content-Security-Policy lets the inserted scripts run, as the response that arrived has it.
import { compileSnippets } from '@facsimile/core'
import { count } from '../../terminal.js'
import { finding, resultsOf, type Check, type CheckResult } from '../check-result.js'
import { policiesIn, snippetFates } from '../expected-page.js'
import type { Expectations, View } from '../observations.js'
import { snippetPattern } from '../snippet-pattern.js'
import { differenceIn } from './copy.js'
import { mainView, missingPage, verdictOn } from './page.js'

const { ok, notChecked, fail } = resultsOf('policy')

export const checkPolicy: Check = (seen, expected) => {
  const missing = missingPage(seen)
  if (missing !== undefined) return [notChecked(missing)]
  const view = mainView(seen)
  const left = leftOut(view, expected)
  if (left.length > 0) return left
  const { blocked } = verdictOn(view, seen)
  if (blocked > 0)
    return [fail(`${count(blocked, 'snippet')} left out, as Facsimile-Status says`, finding('snippet-blocked'))]
  if (policiesIn(view.answer)?.enforced === undefined) return [ok('the page has no Content-Security-Policy')]
  const pieces = insertedIn(view, expected)
  if (pieces === undefined) return [notChecked('what was inserted is not known; give --config')]
  const forbidden = pieces.flatMap((html) => directivesAgainst(html, view))
  const [directive] = forbidden
  if (directive !== undefined) return [fail(`${directive} blocks an inserted script`, finding('script-blocked'))]
  return [ok(`allows ${count(pieces.length, 'inserted piece')}`)]
}

/** What the settings say that the filter leaves out, by name. */
function leftOut(view: View, expected: Expectations): readonly CheckResult[] {
  if (expected.settings === undefined) return []
  return snippetFates(view, expected.settings, expected).flatMap(({ snippet, block }) =>
    block === undefined
      ? []
      : [fail(`${JSON.stringify(snippet.name)} is left out: ${block.directive} blocks it`, finding('snippet-blocked'))],
  )
}

/** The texts of what was inserted, as they stand in the page. */
function insertedIn(view: View, { settings }: Expectations): readonly string[] | undefined {
  const page = view.answer.body
  if (settings !== undefined) {
    const text = page.toString('latin1')
    const found = settings.snippets.flatMap(({ html }) => text.match(snippetPattern(html)) ?? [])
    return found.map((snippet) => Buffer.from(snippet, 'latin1').toString())
  }
  const difference = differenceIn(view)
  if (difference?.kind !== 'insertions') return undefined
  return difference.pieces.map(({ offset, length }) => page.subarray(offset, offset + length).toString())
}

/** The directives that a browser would block this text by: it is judged as if it were a snippet with its own nonces. */
function directivesAgainst(html: string, { answer }: View): readonly string[] {
  const set = compileSnippets([{ name: 'inserted', placement: 'body-end', html }])({
    path: answer.url.pathname,
    method: 'GET',
    headers: {},
  })
  const { blocked } = set.fit({ isUtf8: true, host: answer.url.host, policies: policiesIn(answer) })
  return blocked.map(({ directive }) => directive)
}
