// Gets the stored copy as the crawler does, once, and reads what the fetcher says about it.
import { createHash } from 'node:crypto'
import { failure } from '../failure.js'
import { crawlerCookies, showFetchUrl, type FetchUrl } from './fetch-url.js'
import { sendRequest, type HttpAnswer, type RequestBounds, type ServerAddress } from './http-request.js'
import { parseDictionary } from './structured-dictionary.js'

export interface StoredCopy {
  readonly answer: HttpAnswer
  /** Whether the bytes are those that the fetcher sent (RFC 9530). */
  readonly digest: 'verified' | 'absent' | 'mismatch'
  /** From `Facsimile-Page`; `undefined` when whoever answered said nothing of the kind. */
  readonly page: PageFacts | undefined
}

interface PageFacts {
  readonly status: number
  readonly method: string
  readonly capturedAt: Date
}

export interface CrawlOptions extends RequestBounds {
  readonly publicOnly: boolean
  /** The server to connect to in place of the one that the fetch URL names. */
  readonly via?: ServerAddress | undefined
}

const CRAWLER_USER_AGENT = 'facsimile crawler'

const REMEDIES = new Map([
  [
    403,
    'The address of this machine, as the server sees it, must be in allowedAddresses. Behind a proxy, see clientAddress.',
  ],
  [
    404,
    'The page has been taken already, has expired (maxCachedSeconds), or waits on another server: share a cache provider, or set stickyCookies or fetchUrl.',
  ],
  [405, 'Something answers there that takes no GET. Is fetchPath right?'],
  [503, 'The cache provider fails or is slow. The log of the server says which; try again with a new page view.'],
])

/** Rejects with a failure that has a remedy for every status but 200. */
export async function fetchStoredCopy(fetchUrl: FetchUrl, options: CrawlOptions): Promise<StoredCopy> {
  const answer = await askForCopy(fetchUrl, options)
  if (answer.status !== 200) throw statusFailure(answer, showFetchUrl(fetchUrl))
  return readStoredCopy(answer)
}

/** Asks the fetcher as the crawler does, whatever it answers. No cookies of the visitor go along. */
export function askForCopy(fetchUrl: FetchUrl, options: CrawlOptions): Promise<HttpAnswer> {
  const cookie = crawlerCookies(fetchUrl)
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': CRAWLER_USER_AGENT,
    ...(cookie === undefined ? {} : { cookie }),
  }
  return sendRequest({ ...options, url: fetchUrl.url, shownUrl: showFetchUrl(fetchUrl), method: 'GET', headers })
}

/** What a 200 of the fetcher says of the page. */
export function readStoredCopy(answer: HttpAnswer): StoredCopy {
  return { answer, digest: checkDigest(answer), page: readPageFacts(answer.headers.get('facsimile-page')) }
}

function statusFailure({ status, statusText, headers }: HttpAnswer, shownUrl: string) {
  const retryAfter = headers.get('retry-after')
  const wait = status === 503 && retryAfter !== undefined ? ` (Retry-After: ${retryAfter})` : ''
  const remedy =
    REMEDIES.get(status) ??
    'Only 200 brings a stored page. Is the fetcher mounted at this path, before whatever answered?'
  return failure(`the fetch URL ${shownUrl} answered ${status} ${statusText}${wait}`, remedy)
}

/** The digest is of the bytes as sent, content coding included (RFC 9530, 3). */
function checkDigest({ headers, rawBody }: HttpAnswer): StoredCopy['digest'] {
  const field = headers.get('repr-digest')
  if (field === undefined) return 'absent'
  const expected = parseDictionary(field)?.get('sha-256')
  if (expected === undefined && parseDictionary(field) !== undefined) return 'absent'
  const actual = createHash('sha256').update(rawBody).digest()
  return Buffer.isBuffer(expected) && expected.equals(actual) ? 'verified' : 'mismatch'
}

function readPageFacts(field: string | undefined): PageFacts | undefined {
  const members = parseDictionary(field ?? '')
  const status = members?.get('status')
  const method = members?.get('method')
  const capturedAt = members?.get('captured')
  if (typeof status !== 'number' || typeof method !== 'string' || !(capturedAt instanceof Date)) return undefined
  return Number.isNaN(capturedAt.getTime()) ? undefined : { status, method, capturedAt }
}
