// Answers the crawler: GET {fetchPath}?t={token} with the stored page, once.
import {
  explain,
  maskPageToken,
  parsePageToken,
  type AddressGuard,
  type CapturedPage,
  type EventSource,
  type FetchFacts,
  type Logger,
  type Miss,
  type PageToken,
  type Settings,
} from '@facsimile/core'
import { isGone, targetOf, urlOf, type Request, type Response } from './http-types.js'
import { shareHiddenClasses } from './object-layout.js'
import { ALWAYS_SENT, plainAnswer, sendAnswer, type Answer } from './own-answer.js'
import { createDigestMemory, digestOf } from './page-digest.js'
import type { StoredPages } from './page-stores.js'

export interface FetcherParts {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly logger: Logger
  readonly events: EventSource
  readonly pages: StoredPages
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** With a page: stored HTML is served from the site's own origin, so it may run nothing and reach nothing there. */
const WITH_PAGE = {
  ...ALWAYS_SENT,
  'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

const DENIED = plainAnswer(403, 'This address may not fetch pages.')
const METHOD_REFUSED = plainAnswer(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' })
/** One answer for all misses, so that it tells nothing of the token. */
const MISSING = plainAnswer(404, 'There is no such page, or no more.')
const UNAVAILABLE = plainAnswer(503, 'The page cannot be looked up at this moment.', { 'Retry-After': 5 })

/** Answers the request, whatever its path is. */
export type Fetcher = (req: Request, res: Response) => void

export function createFetcher({ settings, guard, logger, events, pages, now }: FetcherParts): Fetcher {
  const digest = settings.deleteAfterPull ? (_token: PageToken, body: Buffer) => digestOf(body) : createDigestMemory()

  /** Who may fetch may know why not, while the operator looks for a fault. */
  function missing(reason: Miss): Answer {
    if (!settings.allowDebug) return MISSING
    return { ...MISSING, headers: { ...MISSING.headers, 'Facsimile-Status': `missed; reason=${reason}` } }
  }

  /** `undefined` when nobody is there any more to be answered. */
  async function answer(req: Request, res: Response): Promise<Answer | undefined> {
    const { method = 'GET' } = req
    const startedAt = performance.now()
    const facts = () => ({ method, path: settings.fetchPath, durationMs: performance.now() - startedAt })
    const verdict = guard(req)
    if (!verdict.allowed) {
      const { reason, clientAddress } = verdict
      events.publish('facsimile:denied', () => ({
        reason,
        ...(clientAddress !== undefined && { clientAddress }),
        ...facts(),
      }))
      logger.info({ clientAddress, reason }, `The fetcher refused an address. ${explain('refused', reason)}`)
      return DENIED
    }
    if (method !== 'GET' && method !== 'HEAD') return METHOD_REFUSED
    const token = tokenOf(targetOf(urlOf(req)).query)
    if (token === undefined) {
      events.publish('facsimile:missed', () => ({ reason: 'malformed', ...facts() }))
      logger.info({ reason: 'malformed' }, `The fetcher was asked for no page. ${explain('missed', 'malformed')}`)
      return missing('malformed')
    }
    try {
      return await lookUp(token, method, res, facts)
    } catch (error) {
      events.publish('facsimile:unavailable', () => ({ error, ...facts() }))
      logger.error({ err: error, token: maskPageToken(token) }, 'The fetcher could not look a page up.')
      return UNAVAILABLE
    }
  }

  async function lookUp(
    token: PageToken,
    method: string,
    res: Response,
    facts: () => FetchFacts,
  ): Promise<Answer | undefined> {
    await pages.arrival(token)
    // A crawler that hung up while it waited may come back: the page stays where it is.
    if (isGone(res)) return undefined
    // HEAD takes nothing, and neither does GET when pages stay until they expire.
    const takes = method === 'GET' && settings.deleteAfterPull
    const page = await pages.fetch(token, takes ? 'pull' : 'peek')
    if (page === undefined) {
      const reason = pages.missOf(token)
      events.publish('facsimile:missed', () => ({ reason, ...facts() }))
      logger.info({ reason, token: maskPageToken(token) }, `The fetcher has no such page. ${explain('missed', reason)}`)
      return missing(reason)
    }
    if (method === 'GET') {
      pages.fetched(token, takes)
      const fields = { bytes: page.body.length, ageMs: now() - page.capturedAt }
      events.publish('facsimile:fetched', () => ({ ...fields, ...facts() }))
      logger.info({ ...fields, token: maskPageToken(token) }, 'The crawler was given a page.')
    }
    return answerWith(page, await digest(token, page.body))
  }

  return function answerFetch(req, res) {
    shareHiddenClasses(req, res)
    answer(req, res)
      .then((found) => found && sendAnswer(res, found))
      .catch((error: unknown) => {
        logger.error({ err: error }, 'The fetcher failed.')
        res.destroy()
      })
  }
}

/** The one well-formed `t` of the query; given twice it is none. */
function tokenOf(query: string): PageToken | undefined {
  const values = new URLSearchParams(query).getAll('t')
  return values.length === 1 ? parsePageToken(values[0]) : undefined
}

function answerWith({ body, contentType, status, method, capturedAt }: CapturedPage, digest: string): Answer {
  const headers = {
    ...WITH_PAGE,
    'Content-Type': contentType,
    // RFC 9530: the crawler can prove what it got.
    'Repr-Digest': `sha-256=:${digest}:`,
    // RFC 9651: a dictionary with an integer, a token and a date.
    'Facsimile-Page': `status=${status}, method=${method}, captured=@${Math.floor(capturedAt / 1000)}`,
    'Content-Length': body.length,
  }
  return { status: 200, headers, body }
}
