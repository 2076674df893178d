// All that was seen of a site, before anything is judged: each part is one or more plain requests.
import type { Settings } from '@facsimile/core'
import type { CookieJar } from '../crawl/cookie-jar.js'
import type { FetchUrl } from '../crawl/fetch-url.js'
import type { FetcherProbe } from '../crawl/fetcher-probe.js'
import type { HttpAnswer, ServerAddress } from '../crawl/http-request.js'
import type { BrowserView } from './browser-visit.js'

/** An answer, or the sentence that says why there is none. */
export type Attempt = { readonly answer: HttpAnswer } | { readonly problem: string }

/** How a view asked for its page: plain, or with one content coding. */
export type Coding = 'identity' | 'gzip' | 'br'

/** One page view, and what the fetch URL in it came to. */
export interface View {
  readonly coding: Coding
  readonly jar: CookieJar
  readonly redirects: readonly string[]
  readonly answer: HttpAnswer
  readonly fetchUrls: readonly FetchUrl[]
  /** In order, until the page came or there was no more point in asking. Empty without a fetch URL. */
  readonly fetches: readonly Attempt[]
  /** What the fetch URL answered after it had given the page. */
  readonly again: Attempt | undefined
}

/** A view whose page was visited at one server and fetched from another. */
export interface CrossView {
  readonly visitedAt: string
  readonly fetchedFrom: string
  readonly visit: Attempt
  /** `undefined` when there was nothing to fetch, or the fetch URL leads to one server whatever is asked. */
  readonly fetches: readonly Attempt[] | undefined
  readonly isPinned: boolean
}

export interface Observations {
  /** At least one; a view with a fetch URL first, where there is one. */
  readonly views: readonly View[]
  /** Compressed views that could not be had, each with why. */
  readonly brokenCodings: readonly { readonly coding: Coding; readonly problem: string }[]
  /** Plain views that could not be had, each with why. */
  readonly failedVisits: readonly string[]
  readonly probe: FetcherProbe
  /** The same with headers that claim an allowed address; `undefined` when this address may be let in. */
  readonly forged: FetcherProbe | undefined
  readonly robots: Attempt
  readonly crossViews: readonly CrossView[]
  /** `undefined` when no browser was asked for. */
  readonly browser: BrowserView | { readonly problem: string } | undefined
}

/** What the person who asks says of the site. */
export interface Expectations {
  /** The settings of the running server; `undefined` when they were not given. */
  readonly settings: Settings | undefined
  /** The paths at which the fetcher may answer. */
  readonly paths: readonly string[]
  /** The fetcher should refuse this address. */
  readonly expectRefused: boolean
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Other servers of the same farm. */
  readonly via: readonly ServerAddress[]
}

/** The answer that brought the page, if one did. */
export function copyOf(fetches: readonly Attempt[]): HttpAnswer | undefined {
  const last = fetches.at(-1)
  return last !== undefined && 'answer' in last && isCopy(last.answer) ? last.answer : undefined
}

/** A 200 that is not from the fetcher is some other page. */
export function isCopy({ status, headers }: HttpAnswer): boolean {
  return status === 200 && (headers.has('facsimile-page') || headers.has('repr-digest'))
}

export function showServer({ host, port }: ServerAddress): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === undefined ? name : `${name}:${port}`
}
