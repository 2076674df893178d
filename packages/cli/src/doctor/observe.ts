// Visits a page as visitors do and fetches its copies as the crawler does, and keeps all that was answered.
import { setTimeout as pause } from 'node:timers/promises'
import { createCookieJar } from '../crawl/cookie-jar.js'
import { findFetchUrls, type FetchUrl } from '../crawl/fetch-url.js'
import { probeFetcher } from '../crawl/fetcher-probe.js'
import { sendRequest, type HttpAnswer, type RequestBounds, type ServerAddress } from '../crawl/http-request.js'
import { visitPage } from '../crawl/page-visit.js'
import { isPublicAddress } from '../crawl/public-address.js'
import { askForCopy, type CrawlOptions } from '../crawl/stored-copy.js'
import type { VisitorRequest } from '../crawl/visitor-request.js'
import { fetcherOf } from '../explain/explanation.js'
import { attempt, attemptAnswer, FETCH_TRIES, fetchUntilGiven, PAUSE_MS } from './attempts.js'
import { visitInBrowser } from './browser-visit.js'
import {
  isCopy,
  showServer,
  type Coding,
  type CrossView,
  type Expectations,
  type Observations,
  type View,
} from './observations.js'

export interface DoctorRequest extends VisitorRequest, RequestBounds, Expectations {
  readonly url: URL
  readonly allowPrivate: boolean
  /** How often the page is visited, not counting other servers and the browser. */
  readonly visits: number
  /** The browser's program, where the page is to be opened in one. */
  readonly browser: string | undefined
}

const CODINGS: readonly Coding[] = ['identity', 'gzip', 'br']
/** What the first views have taught need not be waited for again. */
const LATER_TRIES = 2
const PATIENT_VIEWS = 2

/** Rejects with a failure when the first visit brings no page. `say` is told each step before it is taken. */
export async function observeSite(request: DoctorRequest, say: (step: string) => void): Promise<Observations> {
  say(`visit 1 of ${request.visits}`)
  const first = await visit(request, 'identity')
  const options = crawlOptions(request, first.answer)
  const visited: Omit<View, 'fetches' | 'again'>[] = [first]
  const brokenCodings: { coding: Coding; problem: string }[] = []
  const failedVisits: string[] = []
  for (let number = 1; number < request.visits; number += 1) {
    const coding = CODINGS[number] ?? 'identity'
    say(`visit ${number + 1} of ${request.visits}`)
    const seen = await attempt(() => visit(request, coding))
    if (!('problem' in seen)) visited.push(seen)
    else if (coding === 'identity') failedVisits.push(seen.problem)
    else brokenCodings.push({ coding, problem: seen.problem })
  }
  const withUrl = visited.find(({ fetchUrls }) => fetchUrls.length > 0)
  const fetcher = fetcherOf(withUrl?.fetchUrls[0], first.answer.url, request.paths)
  say('the fetcher and robots.txt')
  const probe = await probeFetcher(fetcher, options)
  const forged = request.expectRefused ? await probeFetcher(fetcher, options, forgedHeaders(request)) : undefined
  const robots = await attemptAnswer(() => getText(new URL('/robots.txt', fetcher), options))
  await pause(PAUSE_MS)
  const views: View[] = []
  for (const view of visited) {
    say(`copy ${views.length + 1} of ${visited.length}`)
    views.push({ ...view, ...(await fetchTwice(view.fetchUrls[0], options, triesFor(views.length))) })
  }
  if (request.via.length > 0) say('the other servers')
  const crossViews = await crossVisits(request, options)
  if (request.browser !== undefined) say('the page in Chromium')
  return {
    views: withUrl === undefined ? views : [...views].sort((a, b) => rank(a) - rank(b)),
    brokenCodings,
    failedVisits,
    probe,
    forged,
    robots,
    crossViews,
    browser: request.browser === undefined ? undefined : await attempt(() => visitInBrowser(request, options)),
  }
}

/** What anybody can write: an address of the crawler, in each header that proxies use. */
function forgedHeaders({ settings }: DoctorRequest): Readonly<Record<string, string>> {
  const address = settings?.allowedAddresses[0]?.replace(/\/.*/, '') ?? '127.0.0.1'
  const source = settings?.clientAddress.source.toLowerCase() ?? 'x-real-ip'
  return {
    ...(source === 'socket' ? {} : { [source]: address }),
    'x-forwarded-for': address,
    forwarded: `for=${address.includes(':') ? `"[${address}]"` : address}`,
  }
}

function rank({ fetchUrls }: View): number {
  return fetchUrls.length > 0 ? 0 : 1
}

async function visit(
  request: DoctorRequest,
  coding: Coding,
  via?: ServerAddress,
): Promise<Omit<View, 'fetches' | 'again'>> {
  const jar = createCookieJar(request.cookie)
  const headers = coding === 'identity' ? request.headers : { ...request.headers, 'accept-encoding': coding }
  const { answer, redirects } = await visitPage(request.url, { ...request, headers, via }, jar)
  return { coding, jar, redirects, answer, fetchUrls: findFetchUrls(answer.body, answer.url, request.paths) }
}

/** A page on the internet must not lead into somebody's network. */
function crawlOptions({ timeoutMs, maxBytes, ca, allowPrivate }: DoctorRequest, page: HttpAnswer): CrawlOptions {
  return { timeoutMs, maxBytes, ca, publicOnly: !allowPrivate && isPublicAddress(page.remoteAddress) }
}

function triesFor(viewsBefore: number): number {
  return viewsBefore < PATIENT_VIEWS ? FETCH_TRIES : LATER_TRIES
}

async function fetchTwice(
  fetchUrl: FetchUrl | undefined,
  options: CrawlOptions,
  tries: number,
): Promise<Pick<View, 'fetches' | 'again'>> {
  if (fetchUrl === undefined) return { fetches: [], again: undefined }
  const fetches = await fetchUntilGiven(fetchUrl, options, tries)
  const last = fetches.at(-1)
  const isGiven = last !== undefined && 'answer' in last && isCopy(last.answer)
  return { fetches, again: isGiven ? await attemptAnswer(() => askForCopy(fetchUrl, options)) : undefined }
}

/** Each server's page is fetched from the next one; the site itself is one of them. */
async function crossVisits(request: DoctorRequest, options: CrawlOptions): Promise<readonly CrossView[]> {
  if (request.via.length === 0) return []
  const servers = [undefined, ...request.via]
  const views: CrossView[] = []
  for (const [at, server] of servers.entries())
    views.push(await crossVisit(request, options, server, servers[(at + 1) % servers.length]))
  return views
}

async function crossVisit(
  request: DoctorRequest,
  options: CrawlOptions,
  from: ServerAddress | undefined,
  to: ServerAddress | undefined,
): Promise<CrossView> {
  const name = (server: ServerAddress | undefined) => (server === undefined ? request.url.host : showServer(server))
  const names = { visitedAt: name(from), fetchedFrom: name(to) }
  const seen = await attempt(() => visit(request, 'identity', from))
  if ('problem' in seen) return { ...names, visit: seen, fetches: undefined, isPinned: false }
  const [fetchUrl] = seen.fetchUrls
  const isPinned =
    fetchUrl !== undefined && (fetchUrl.cookies.size > 0 || fetchUrl.url.origin !== seen.answer.url.origin)
  if (fetchUrl === undefined || isPinned) return { ...names, visit: seen, fetches: undefined, isPinned }
  await pause(PAUSE_MS)
  // The address was given by name, so it may be a private one.
  const through = to === undefined ? options : { ...options, via: to, publicOnly: false }
  return { ...names, visit: seen, fetches: await fetchUntilGiven(fetchUrl, through), isPinned }
}

function getText(url: URL, options: CrawlOptions): Promise<HttpAnswer> {
  const headers = { accept: 'text/plain', 'accept-encoding': 'identity', 'user-agent': 'facsimile crawler' }
  return sendRequest({ ...options, url, method: 'GET', headers })
}
