// Whether the page leads to its copy: the fetch URL in it, the fetcher behind it, and whom that lets in.
import { showFetchUrl } from '../../crawl/fetch-url.js'
import { isFetchersOwn, statusOf } from '../../crawl/fetcher-probe.js'
import type { HttpAnswer } from '../../crawl/http-request.js'
import { finding, resultsOf, type Check } from '../check-result.js'
import { copyOf, type Observations } from '../observations.js'
import { mainView, missingPage, verdictOn } from './page.js'

export const checkFetchUrl: Check = (seen, { settings }) => {
  const { ok, notChecked, fail } = resultsOf('fetch URL')
  const missing = missingPage(seen)
  if (missing !== undefined) return [notChecked(missing)]
  const view = mainView(seen)
  const [fetchUrl] = view.fetchUrls
  if (fetchUrl === undefined) {
    const { blocked } = verdictOn(view, seen)
    const because =
      blocked > 0 ? finding('snippet-blocked') : settings?.disableCache ? finding('cache-disabled') : undefined
    return [fail('the page has snippets, and none of them carries a fetch URL', finding('fetch-url-missing'), because)]
  }
  const shown = showFetchUrl(fetchUrl)
  if (view.answer.url.protocol === 'https:' && fetchUrl.url.protocol === 'http:')
    return [fail(shown, finding('fetch-url-insecure'))]
  return [ok(shown)]
}

export const checkFetcher: Check = (seen) => {
  const { ok, fail } = resultsOf('fetcher')
  const { url, outcome, seen: answered } = seen.probe
  const hasGiven = seen.views.some(({ fetches }) => copyOf(fetches) !== undefined)
  const place = `${url.origin}${url.pathname}`
  if (outcome === 'absent' && !hasGiven)
    return [fail(`at ${place} something else answers: ${answered}`, finding('fetcher-unreachable'))]
  return [ok(`answers at ${place}`)]
}

export const checkAddress: Check = (seen, { expectRefused }) => {
  const { ok, notChecked, fail } = resultsOf('address')
  if (isRefused(seen) && seen.forged?.outcome === 'admitted')
    return [fail('a header that claims an allowed address is believed from here', finding('address-admitted'))]
  if (isRefused(seen)) {
    return expectRefused
      ? [ok('the fetcher refuses this address, as it should, whatever its headers claim')]
      : [fail('the fetcher refuses this address (403)', finding('address-refused'))]
  }
  if (seen.probe.outcome === 'absent') return [notChecked('the fetcher was not found')]
  return expectRefused
    ? [fail('the fetcher lets this address in', finding('address-admitted'))]
    : [ok('the fetcher lets this address in')]
}

export const checkRobotsTag: Check = (seen) => {
  const { ok, notChecked, warn } = resultsOf('robots tag')
  const answers = answersOfFetcher(seen)
  if (answers.length === 0) return [notChecked('the fetcher was not found')]
  const bare = answers.find(({ headers }) => !/\bnoindex\b/i.test(headers.get('x-robots-tag') ?? ''))
  if (bare === undefined) return [ok('every answer of the fetcher says noindex')]
  return [warn(`the fetcher answered ${statusOf(bare)} without X-Robots-Tag: noindex`, finding('robots-tag-missing'))]
}

/** Whether any server behind the fetch URL refused this address. */
export function isRefused({ probe, views }: Observations): boolean {
  const statuses = views.flatMap(({ fetches }) => fetches).map((fetch) => ('answer' in fetch ? fetch.answer.status : 0))
  return probe.outcome === 'refused' || statuses.includes(403)
}

function answersOfFetcher({ probe, views }: Observations): readonly HttpAnswer[] {
  const given = views.flatMap(({ fetches }) => copyOf(fetches) ?? [])
  return [...(probe.answer !== undefined && isFetchersOwn(probe.answer) ? [probe.answer] : []), ...given]
}
