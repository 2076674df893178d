// Answers the crawler: GET {fetchPath}?t={token} with the stored page, once.
import { createHash } from 'node:crypto'
import {
  maskPageToken,
  parsePageToken,
  publish,
  type AddressGuard,
  type CapturedPage,
  type Logger,
  type PageStore,
  type PageToken,
  type Settings,
} from '@facsimile/core'
import { targetOf, type Middleware, type Request, type RequestTarget, type Response } from './http-types.js'

const RETRY_AFTER_SECONDS = 5

/** On every answer: nobody keeps it, no search engine lists it, nothing else is made of it. */
const ALWAYS = {
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

/** With a page: stored HTML is served from the site's own origin, so it may run nothing and reach nothing there. */
const WITH_PAGE = {
  'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const

/** What a middleware further out may have set, and what must not go with a stored page. */
const NEVER = ['Set-Cookie', 'ETag', 'Last-Modified', 'Accept-Ranges', 'Vary'] as const

export interface FetcherParts {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly logger: Logger
  readonly pages: PageStore | undefined
  readonly now: () => number
}

/** A middleware that answers requests for the fetch path and leaves all others to `next`. */
export function createFetcher({ settings, guard, logger, pages, now }: FetcherParts): Middleware {
  async function answer(req: Request, res: Response, target: RequestTarget): Promise<void> {
    const verdict = guard(req)
    if (!verdict.allowed) {
      publish('facsimile:denied', () => ({ reason: verdict.reason }))
      logger.info({ clientAddress: verdict.clientAddress, reason: verdict.reason }, 'The fetcher refused an address.')
      return refuse(res, 403, 'This address may not fetch pages.\n')
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return refuse(res, 405, 'Only GET and HEAD are answered here.\n', { Allow: 'GET, HEAD' })
    }
    const token = tokenOf(target.query)
    if (token === undefined || pages === undefined) return miss(res, 'malformed')
    const page = await fetchPage(pages, token, req.method)
    if (page === 'unavailable') {
      return refuse(res, 503, 'The page cannot be looked up at this moment.\n', { 'Retry-After': RETRY_AFTER_SECONDS })
    }
    if (page === undefined) return miss(res, 'not-found', token)
    serve(res, page)
    if (req.method === 'HEAD') return
    const ageMs = now() - page.capturedAt
    publish('facsimile:fetched', () => ({ bytes: page.body.length, ageMs }))
    logger.info({ token: maskPageToken(token), bytes: page.body.length, ageMs }, 'The crawler was given a page.')
  }

  /** HEAD takes nothing, and neither does GET when pages stay until they expire. */
  async function fetchPage(pages: PageStore, token: PageToken, method: string) {
    try {
      return await pages.fetch(token, method === 'GET' && settings.deleteAfterPull ? 'pull' : 'peek')
    } catch (error) {
      publish('facsimile:unavailable', () => ({ error }))
      logger.error({ err: error, token: maskPageToken(token) }, 'The fetcher could not look a page up.')
      return 'unavailable'
    }
  }

  /** One answer for all misses, so that it tells nothing of the token. */
  function miss(res: Response, reason: 'malformed' | 'not-found', token?: PageToken): void {
    publish('facsimile:missed', () => ({ reason }))
    logger.info({ reason, token: token && maskPageToken(token) }, 'The fetcher has no such page.')
    refuse(res, 404, 'There is no such page, or no more.\n')
  }

  return function facsimileFetcher(req, res, next) {
    const target = targetOf(req)
    if (target.path !== settings.fetchPath) return next()
    answer(req, res, target).catch((error: unknown) => {
      logger.error({ err: error }, 'The fetcher failed.')
      if (res.headersSent) res.destroy()
      else refuse(res, 503, 'The page cannot be looked up at this moment.\n', { 'Retry-After': RETRY_AFTER_SECONDS })
    })
  }
}

/** The one well-formed `t` of the query; given twice it is none. */
function tokenOf(query: string): PageToken | undefined {
  const values = new URLSearchParams(query).getAll('t')
  return values.length === 1 ? parsePageToken(values[0]) : undefined
}

function serve(res: Response, page: CapturedPage): void {
  const digest = createHash('sha256').update(page.body).digest('base64')
  send(res, 200, page.body, {
    ...WITH_PAGE,
    'Content-Type': page.contentType,
    // RFC 9530: the crawler can prove what it got.
    'Repr-Digest': `sha-256=:${digest}:`,
    // RFC 9651: a dictionary with an integer, a token and a date.
    'Facsimile-Page': `status=${page.status}, method=${page.method}, captured=@${Math.floor(page.capturedAt / 1000)}`,
  })
}

function refuse(res: Response, status: number, text: string, headers: Record<string, string | number> = {}): void {
  send(res, status, Buffer.from(text), { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
}

function send(res: Response, status: number, body: Buffer, headers: Record<string, string | number>): void {
  for (const name of NEVER) res.removeHeader(name)
  const all = { ...ALWAYS, ...headers, 'Content-Length': body.length }
  for (const [name, value] of Object.entries(all)) res.setHeader(name, value)
  res.statusCode = status
  // Node leaves the body of an answer to HEAD out by itself.
  res.end(body)
}
