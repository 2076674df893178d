// What happens to one page on its way through the response filter, and why: as much as one visit from outside shows.
import { comparePages, type PageDifference } from '@facsimile/core'
import { createCookieJar } from '../crawl/cookie-jar.js'
import { findFetchUrls, type FetchUrl } from '../crawl/fetch-url.js'
import { probeFetcher, type FetcherProbe } from '../crawl/fetcher-probe.js'
import type { RequestBounds } from '../crawl/http-request.js'
import { judgeFilter, type FilterVerdict } from '../crawl/filter-verdict.js'
import { visitPage, type Visit } from '../crawl/page-visit.js'
import { isPublicAddress } from '../crawl/public-address.js'
import { fetchStoredCopy, type CrawlOptions } from '../crawl/stored-copy.js'
import type { VisitorRequest } from '../crawl/visitor-request.js'
import { CommandFailure } from '../failure.js'

export interface ExplainRequest extends VisitorRequest, RequestBounds {
  readonly url: URL
  /** The paths at which the fetcher may answer; at least one. */
  readonly paths: readonly string[]
  readonly allowPrivate: boolean
  /** Fetches the stored copy, which is then gone. */
  readonly fetches: boolean
}

export interface Explanation {
  readonly visit: Visit
  readonly verdict: FilterVerdict
  readonly fetchUrls: readonly FetchUrl[]
  readonly probe: FetcherProbe
  /** Of the stored copy and the page, or why there is no copy; `undefined` when it was not asked for. */
  readonly copy: { readonly difference: PageDifference } | { readonly problem: CommandFailure } | undefined
  /** What could not be seen, and how to see it; a sentence or two each. */
  readonly unseen: readonly string[]
}

/** Rejects with a failure when the page cannot be had. */
export async function explainPage(request: ExplainRequest): Promise<Explanation> {
  const { url, paths, timeoutMs, maxBytes, ca, allowPrivate } = request
  const jar = createCookieJar(request.cookie)
  const visit = await visitPage(url, request, jar)
  const { answer } = visit
  const fetchUrls = findFetchUrls(answer.body, answer.url, paths)
  const options = { timeoutMs, maxBytes, ca, publicOnly: !allowPrivate && isPublicAddress(answer.remoteAddress) }
  const probe = await probeFetcher(fetcherOf(fetchUrls[0], answer.url, paths), options)
  const verdict = judgeFilter({ answer, fetchUrls, jar, probe })
  const copy = request.fetches ? await compareWithCopy(answer.body, fetchUrls[0], options) : undefined
  return { visit, verdict, fetchUrls, probe, copy, unseen: unseenIn(verdict, fetchUrls, probe, copy !== undefined) }
}

/** Where the fetcher answers: at the fetch URL of the page, else at the path of the settings on the page's own origin. */
export function fetcherOf(fetchUrl: FetchUrl | undefined, pageUrl: URL, [path = '/']: readonly string[]): URL {
  return fetchUrl === undefined ? new URL(path, pageUrl) : new URL(fetchUrl.url.pathname, fetchUrl.url)
}

async function compareWithCopy(
  page: Buffer,
  fetchUrl: FetchUrl | undefined,
  options: CrawlOptions,
): Promise<Explanation['copy']> {
  if (fetchUrl === undefined) return undefined
  try {
    const { answer } = await fetchStoredCopy(fetchUrl, options)
    return { difference: comparePages(answer.body, page) }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return { problem: error }
  }
}

function unseenIn(
  { basis }: FilterVerdict,
  fetchUrls: readonly FetchUrl[],
  { outcome }: FetcherProbe,
  hasFetched: boolean,
): readonly string[] {
  const unseen: string[] = []
  if (basis !== 'told') {
    unseen.push(
      "The server's own word: the header Facsimile-Status goes to addresses in allowedAddresses alone. Run this from one of them, or look at the debug page.",
    )
  }
  if (outcome === 'refused')
    unseen.push('The stored copy: the fetcher refuses this address. Run this from an address in allowedAddresses.')
  else if (!hasFetched && fetchUrls.length > 0)
    unseen.push('What was inserted where: --fetch compares the page with its stored copy, which is then gone.')
  return unseen
}
