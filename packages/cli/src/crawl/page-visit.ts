// Gets a page as a visitor's browser does: with cookies, and along the redirects within its own origin.
import { failure } from '../failure.js'
import type { CookieJar } from './cookie-jar.js'
import { sendRequest, type HttpAnswer, type RequestBounds, type ServerAddress } from './http-request.js'
import { isPublicAddress } from './public-address.js'
import { showUrl } from './shown-url.js'

export interface VisitOptions extends RequestBounds {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Buffer
  /** Also go on to private addresses when the first answer came from a public one. */
  readonly allowPrivate: boolean
  /** The server to connect to for all of it. */
  readonly via?: ServerAddress | undefined
}

export interface Visit {
  /** Its `url` is the one at which the redirects ended. */
  readonly answer: HttpAnswer
  readonly redirects: readonly string[]
}

const MAX_REDIRECTS = 5
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308])

/** Fills `jar` on the way. Rejects with a failure for a redirect that leaves the origin, and for the sixth. */
export async function visitPage(start: URL, options: VisitOptions, jar: CookieJar): Promise<Visit> {
  const redirects: string[] = []
  let { method, body, headers } = options
  let url = withoutFragment(start)
  let publicOnly = false
  for (;;) {
    const cookie = jar.header()
    const { timeoutMs, maxBytes, ca, via } = options
    const answer = await sendRequest({
      url,
      method,
      headers: cookie === undefined ? headers : { ...headers, cookie },
      ...(body === undefined ? {} : { body }),
      timeoutMs,
      maxBytes,
      publicOnly,
      ca,
      via,
    })
    publicOnly = via === undefined && !options.allowPrivate && isPublicAddress(answer.remoteAddress)
    jar.take(answer.setCookies, Date.now())
    const next = redirectOf(answer)
    if (next === undefined) return { answer, redirects }
    checkRedirect(answer, next, redirects)
    redirects.push(`${answer.status} ${showUrl(next)}`)
    if (becomesGet(answer.status, method)) {
      method = 'GET'
      body = undefined
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'))
    }
    url = withoutFragment(next)
  }
}

function redirectOf({ status, headers, url }: HttpAnswer): URL | undefined {
  const location = headers.get('location')
  if (location === undefined || !REDIRECT_STATUSES.has(status)) return undefined
  return URL.canParse(location, url.href) ? new URL(location, url.href) : undefined
}

/** What browsers do (Fetch standard, HTTP-redirect fetch, step 12). */
function becomesGet(status: number, method: string): boolean {
  return status === 303 || ((status === 301 || status === 302) && method === 'POST')
}

function checkRedirect(answer: HttpAnswer, next: URL, redirects: readonly string[]): void {
  if (next.origin !== answer.url.origin) {
    throw failure(
      `${showUrl(answer.url)} redirects to another origin: ${showUrl(next)}`,
      'Cookies and headers must not follow there. Call again with that address, or with the cookie of a visitor who is logged in.',
    )
  }
  if (redirects.length >= MAX_REDIRECTS) {
    throw failure(
      `${showUrl(answer.url)} redirects once more, after ${MAX_REDIRECTS} redirects`,
      'The page may need a cookie (--cookie) to stop redirecting.',
    )
  }
}

function withoutFragment(url: URL): URL {
  const copy = new URL(url)
  copy.hash = ''
  return copy
}
