// Whether the page answers, and whether the response filter had its part in it.
import { judgeFilter, type FilterVerdict } from '../../crawl/filter-verdict.js'
import type { Word } from '../../crawl/word.js'
import { statusOf } from '../../crawl/fetcher-probe.js'
import { count } from '../../terminal.js'
import { finding, resultsOf, type Check } from '../check-result.js'
import type { Expectations, Observations, View } from '../observations.js'

const SOURCES = {
  told: 'as Facsimile-Status says',
  seen: 'as its fetch URL shows',
  guessed: 'as its headers suggest; the server tells it to addresses in allowedAddresses alone',
} as const

/** The view that shows the most: one with a fetch URL where there is one. */
export function mainView({ views }: Observations): View {
  const [view] = views
  if (view === undefined) throw new Error('a site without a view')
  return view
}

export function verdictOn(view: View, { probe }: Observations): FilterVerdict {
  return judgeFilter({ ...view, probe })
}

export const checkPage: Check = (seen) => {
  const { ok, warn, fail } = resultsOf('page')
  const { answer, redirects } = mainView(seen)
  const { status, headers, body, elapsedMs } = answer
  const facts = [
    statusOf(answer),
    headers.get('content-type') ?? 'no content type',
    count(body.length, 'byte'),
    `${Math.round(elapsedMs)} ms`,
    ...(redirects.length === 0 ? [] : [`after ${count(redirects.length, 'redirect')}`]),
  ]
  const said = facts.join(' · ')
  const lost = seen.failedVisits.map((problem) => warn(problem, finding('page-failing')))
  if (status >= 500 || (status >= 400 && missingPage(seen) !== undefined))
    return [fail(said, finding('page-failing')), ...lost]
  return [status >= 400 ? warn(said, finding('page-failing')) : ok(said), ...lost]
}

export const checkFilter: Check = (seen, expected) => {
  const { ok, notChecked, warn, fail } = resultsOf('filter')
  const verdict = verdictOn(mainView(seen), seen)
  const { outcome, word, basis, isDoubled, blocked } = verdict
  const twice = isDoubled ? [warn('the page went through the filter twice', finding('mounted-twice'))] : []
  // What the policy keeps out is told by the check of the policy.
  if (outcome === 'injected' || blocked > 0) return [ok(describeInjected(verdict, seen)), ...twice]
  if (word?.word === 'page-failing') return [notChecked('the page is an error, which nothing shows to have passed it')]
  const because = reasonInSettings(verdict, expected)
  const said = `${outcome === 'passed over' ? `the page is passed over: ${word?.word ?? ''}` : 'the page was not injected'}, ${SOURCES[basis]}`
  return [fail(said, word ?? finding('snippet-missing'), because), ...twice]
}

function describeInjected({ snippets, basis }: FilterVerdict, seen: Observations): string {
  const what = snippets === undefined ? 'injected' : `injected: ${count(snippets, 'snippet')}`
  const left = seen.views.filter((view) => verdictOn(view, seen).word?.word === 'sampled-out').length
  const sampled = left === 0 ? '' : `; ${left} of ${count(seen.views.length, 'view')} left out by sampleRatio`
  return `${what}, ${SOURCES[basis]}${sampled}`
}

/** What the settings say themselves, where they are known. */
function reasonInSettings({ word }: FilterVerdict, { settings }: Expectations): Word | undefined {
  if (settings === undefined) return undefined
  if (word?.word === 'sampled-out' && settings.sampleRatio === 0) return finding('nothing-sampled')
  if (word?.kind !== 'found') return undefined
  if (settings.disableFilter) return finding('filter-disabled')
  return settings.snippets.length === 0 ? finding('no-snippets') : undefined
}

/** Why a check that needs an injected page has nothing to look at; `undefined` when it has. */
export function missingPage(seen: Observations): string | undefined {
  const { outcome, blocked } = verdictOn(mainView(seen), seen)
  return outcome === 'injected' || blocked > 0 ? undefined : 'the page is not injected'
}
