// Whether the first fetch gives the page, the second does not, and the page is the one that the visitor got.
import { comparePages, type PageDifference } from '@facsimile/core'
import { parseFilterStatus } from '../../crawl/filter-status.js'
import { statusOf } from '../../crawl/fetcher-probe.js'
import type { HttpAnswer } from '../../crawl/http-request.js'
import { readStoredCopy } from '../../crawl/stored-copy.js'
import { readWord, type Word } from '../../crawl/word.js'
import { count } from '../../terminal.js'
import { finding, resultsOf, type Check, type CheckResult } from '../check-result.js'
import { copyOf, isCopy, type Attempt, type Expectations, type Observations, type View } from '../observations.js'
import { isRefused } from './fetcher.js'
import { missingPage } from './page.js'

export const checkCopy: Check = (seen, expected) => {
  const { ok, notChecked, warn, fail } = resultsOf('copy')
  const views = seen.views.filter(({ fetches }) => fetches.length > 0)
  if (views.length === 0) return [notChecked(missingPage(seen) ?? 'the page carries no fetch URL')]
  if (seen.probe.outcome === 'absent' && views.every(({ fetches }) => copyOf(fetches) === undefined))
    return [notChecked('the fetcher was not found')]
  if (isRefused(seen)) return [notChecked('the fetcher refuses this address; run this from one in allowedAddresses')]
  const given = views.filter(({ fetches }) => copyOf(fetches) !== undefined)
  const atOnce = given.filter(({ fetches }) => fetches.length === 1)
  const share = `${atOnce.length} of ${count(views.length, 'copy', 'copies')} came at the first fetch`
  if (atOnce.length === views.length) return [ok(share)]
  const attempts = views.flatMap(({ fetches }) => fetches)
  const foreign = attempts.find(isForeign)
  if (foreign !== undefined) return [fail(`the fetch URL gave ${describe(foreign)}`, finding('fetcher-unreachable'))]
  const failing = attempts.filter((attempt) => hasStatus(attempt, 503)).length
  if (failing > 0) {
    const said = `${share}; the fetcher answered 503 ${failing === 1 ? 'once' : `${failing} times`}`
    return [given.length === views.length ? warn(said, finding('store-failing')) : fail(said, finding('store-failing'))]
  }
  const reasons = attempts.flatMap(reasonsTold)
  if (given.length > 0 || reasons.includes('unknown')) {
    const later = given.length > atOnce.length ? ', others only when asked again' : ''
    return [fail(`${share}${later}`, finding('store-not-shared'))]
  }
  return [fail(`${share}; the fetcher answered 404`, finding('copy-missing'), reasonOf(reasons, views, expected))]
}

export const checkOnce: Check = ({ views }, { settings }) => {
  const { ok, notChecked, warn, fail } = resultsOf('once')
  const again = views.flatMap((view) => view.again ?? [])
  if (again.length === 0) return [notChecked('no copy was given a first time')]
  const twice = again.flatMap((attempt) => ('answer' in attempt && isCopy(attempt.answer) ? [attempt.answer] : []))
  const other = again.find((attempt) => !hasStatus(attempt, 404))
  if (twice.length === 0)
    return [
      other === undefined
        ? ok('a second fetch is answered 404')
        : notChecked(`a second fetch was given ${describe(other)}`),
    ]
  if (settings?.deleteAfterPull === false) return [ok('a second fetch gives the page again, as deleteAfterPull says')]
  if (twice.some(({ headers }) => headers.has('age')))
    return [fail('a second fetch was answered by a cache (Age)', finding('copy-fetched-twice'))]
  return [warn('a second fetch gave the page again', finding('copy-fetched-twice'))]
}

export const checkContent: Check = ({ views }) => {
  const { ok, notChecked } = resultsOf('content')
  const plain = views.filter(({ coding }) => coding === 'identity')
  const problems = plain.flatMap((view) => problemWith(view) ?? [])
  if (problems[0] !== undefined) return [problems[0]]
  const compared = plain.flatMap((view) => differenceIn(view) ?? [])
  const [difference] = compared
  if (difference === undefined) return [notChecked('there is no copy to compare')]
  return [
    ok(
      `the copy is the page without ${difference.kind === 'insertions' ? count(difference.pieces.length, 'piece') : 'any change'}`,
    ),
  ]
}

/** What a visitor's page has that its copy has not; `undefined` without a copy. */
export function differenceIn({ answer, fetches }: View): PageDifference | undefined {
  const copy = copyOf(fetches)
  return copy === undefined ? undefined : comparePages(copy.body, answer.body)
}

/** What is wrong with the copy of a view; `undefined` when all is well, or there is none. */
export function problemWith(view: View, check: 'content' | 'compression' = 'content'): CheckResult | undefined {
  const { fail } = resultsOf(check)
  const copy = copyOf(view.fetches)
  if (copy === undefined) return undefined
  const { digest, page } = readStoredCopy(copy)
  const as = view.coding === 'identity' ? '' : `${view.coding}: `
  if (digest === 'mismatch') return fail(`${as}the copy does not fit its own Repr-Digest`, finding('copy-differs'))
  if (page !== undefined && page.status !== view.answer.status)
    return fail(`${as}the page answered ${view.answer.status}, its copy says ${page.status}`, finding('copy-differs'))
  const difference = differenceIn(view)
  if (difference?.kind !== 'differs') return undefined
  return fail(
    `${as}copy and page part at byte ${difference.offset}, and not by insertions alone`,
    finding('copy-differs'),
  )
}

/** The nearer reason of a miss: what the fetcher told, or what the settings say of a page of this length. */
function reasonOf(reasons: readonly string[], views: readonly View[], { settings }: Expectations): Word | undefined {
  const told = readWord('missed', reasons[0])
  const longest = Math.max(...views.map(({ answer }) => answer.body.length))
  const isTooLarge = settings !== undefined && longest > settings.maxPageBytes
  if (isTooLarge && (told === undefined || told.word === 'lost')) return { kind: 'not stored', word: 'too-large' }
  return told
}

function reasonsTold(attempt: Attempt): readonly string[] {
  if (!('answer' in attempt)) return []
  const [status] = parseFilterStatus(attempt.answer.headers.get('facsimile-status'))
  return status?.outcome === 'missed' ? [status.reason] : []
}

/** Neither a copy nor one of the answers that the fetcher has for a copy that is not there. */
function isForeign(attempt: Attempt): boolean {
  if ('problem' in attempt) return true
  return !isCopy(attempt.answer) && attempt.answer.status !== 404 && attempt.answer.status !== 503
}

function hasStatus(attempt: Attempt, status: number): boolean {
  return 'answer' in attempt && attempt.answer.status === status
}

function describe(attempt: Attempt): string {
  return 'problem' in attempt ? attempt.problem : describeAnswer(attempt.answer)
}

function describeAnswer(answer: HttpAnswer): string {
  return `${statusOf(answer)}${answer.status === 200 ? ' without a stored page' : ''}`
}

/** The copies that views were given, for checks that look at their headers. */
export function copiesIn({ views }: Observations): readonly { readonly view: View; readonly copy: HttpAnswer }[] {
  return views.flatMap((view) => {
    const copy = copyOf(view.fetches)
    return copy === undefined ? [] : [{ view, copy }]
  })
}
