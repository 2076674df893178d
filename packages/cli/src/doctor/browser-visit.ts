// Opens the page in Chromium as a visitor, and fetches its copy before the page has run: so nobody else takes it first.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { isIP } from 'node:net'
import { connect, rootCertificates } from 'node:tls'
import type { BrowserContext, CDPSession } from 'playwright-core'
import { createCookieJar, parseCookieHeader } from '../crawl/cookie-jar.js'
import { findFetchUrls, type FetchUrl } from '../crawl/fetch-url.js'
import type { CrawlOptions } from '../crawl/stored-copy.js'
import { maskUrlIn } from '../crawl/shown-url.js'
import { VISITOR_USER_AGENT } from '../crawl/visitor-request.js'
import { failure, reasonOf } from '../failure.js'
import { fetchUntilGiven } from './attempts.js'
import { watchScripts, type PageScripts } from './browser-scripts.js'
import { startChromium } from './chromium.js'
import type { Attempt } from './observations.js'
import type { DoctorRequest } from './observe.js'

/** The page as the browser got it, decoded, and what became of it there. */
export interface BrowserView extends PageScripts {
  readonly url: URL
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  readonly fetchUrls: readonly FetchUrl[]
  /** What the fetch URL of this very view answered; empty without one. */
  readonly fetches: readonly Attempt[]
}

type Document = Omit<BrowserView, keyof PageScripts>

/** A request or a response that waits for us, as the Fetch domain of the DevTools protocol tells it. */
interface Paused {
  readonly requestId: string
  readonly frameId: string
  readonly request: { readonly url: string; readonly method: string; readonly headers: Record<string, string> }
  readonly responseStatusCode?: number
  readonly responseErrorReason?: string
  readonly responseHeaders?: readonly { readonly name: string; readonly value: string }[]
}

/** For what a page does once it has loaded; it may never be still. */
const SETTLE_MS = 2_000
/** Those that a browser has itself. */
const BROWSERS_OWN = new Set(['accept', 'accept-encoding'])

/** Rejects with a failure when there is no browser, or the page does not load in it. */
export async function visitInBrowser(request: DoctorRequest, options: CrawlOptions): Promise<BrowserView> {
  const browser = await startChromium(request.browser ?? '', await trustArguments(request))
  try {
    const context = await browser.newContext({ serviceWorkers: 'block' })
    await addCookies(context, request)
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    const scripts = await watchScripts(session)
    const document = await watchDocument(session, request, options)
    await page.goto(request.url.href, { waitUntil: 'load', timeout: request.timeoutMs + SETTLE_MS })
    // A page that is never still has had its time all the same.
    await page.waitForLoadState('networkidle', { timeout: SETTLE_MS }).catch(() => undefined)
    return { ...document(), ...(await withDeadline(scripts(), request.timeoutMs)) }
  } catch (cause) {
    const [reason = ''] = maskUrlIn(reasonOf(cause), request.url).split('\n')
    throw failure(`Chromium cannot open the page: ${reason}`, 'Open it by hand to see why.', { cause })
  } finally {
    await browser.close()
  }
}

/** A page whose script never ends lets its browser answer nothing more. */
async function withDeadline<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const deadline = new AbortController()
  const late = pause(timeoutMs, undefined, { signal: deadline.signal, ref: false }).then(() => {
    throw new Error(`a script of the page kept the browser busy for ${timeoutMs / 1000} s`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    deadline.abort()
  }
}

async function addCookies(context: BrowserContext, { cookie, url }: DoctorRequest): Promise<void> {
  const cookies = [...(parseCookieHeader(createCookieJar(cookie).header() ?? '') ?? [])]
  await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: url.origin })))
}

/** Chromium reads no file of authorities, so it is told the key of the certificate that was proved here. */
async function trustArguments({ url, ca, timeoutMs }: DoctorRequest): Promise<readonly string[]> {
  if (ca === undefined || url.protocol !== 'https:') return []
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const servername = isIP(host) === 0 ? host : ''
  const socket = connect({ host, port: Number(url.port || 443), servername, ca: [...rootCertificates, ca] })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) })
    const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
    if (key === undefined) return []
    return [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`]
  } catch (cause) {
    throw failure(`no TLS connection to ${url.host}: ${reasonOf(cause)}`, 'See that --ca fits its certificate.', {
      cause,
    })
  } finally {
    socket.destroy()
  }
}

/** Answers a function that gives the page once it has come. */
async function watchDocument(
  session: CDPSession,
  request: DoctorRequest,
  options: CrawlOptions,
): Promise<() => Document> {
  let seen: Document | undefined
  let problem: unknown
  const { frameTree } = await session.send('Page.getFrameTree')
  const mainFrame = frameTree.frame.id
  let isFirst = true

  async function onPaused(paused: Paused): Promise<void> {
    const { requestId, frameId, responseStatusCode, responseErrorReason } = paused
    if (responseStatusCode === undefined && responseErrorReason === undefined) {
      const isStart = frameId === mainFrame && isFirst
      isFirst &&= frameId !== mainFrame
      await session.send('Fetch.continueRequest', { requestId, ...(isStart ? asVisitor(paused, request) : {}) })
      return
    }
    if (frameId === mainFrame && seen === undefined && responseStatusCode !== undefined && !isRedirect(paused))
      seen = await readDocument(session, paused, request, options)
    await session.send('Fetch.continueRequest', { requestId })
  }

  session.on('Fetch.requestPaused', (paused) => {
    onPaused(paused as Paused).catch((error: unknown) => (problem ??= error))
  })
  await session.send('Fetch.enable', {
    patterns: (['Request', 'Response'] as const).map((requestStage) => ({
      requestStage,
      resourceType: 'Document' as const,
    })),
  })
  return () => {
    if (seen === undefined) throw problem instanceof Error ? problem : new Error('it got no answer')
    return seen
  }
}

/** The start of the visit has the visitor's method, body and headers; what the page asks for later has not. */
function asVisitor({ request }: Paused, { method, headers, body }: DoctorRequest) {
  const own = Object.entries(headers).flatMap(([name, value]) =>
    BROWSERS_OWN.has(name) || value === VISITOR_USER_AGENT ? [] : [{ name, value: [value].flat().join(', ') }],
  )
  const given = new Set(own.map(({ name }) => name))
  const kept = Object.entries(request.headers).flatMap(([name, value]) =>
    given.has(name.toLowerCase()) ? [] : [{ name, value }],
  )
  return { method, headers: [...kept, ...own], ...(body === undefined ? {} : { postData: body.toString('base64') }) }
}

function isRedirect({ responseStatusCode = 0, responseHeaders = [] }: Paused): boolean {
  return (
    responseStatusCode >= 300 &&
    responseStatusCode < 400 &&
    responseHeaders.some(({ name }) => /^location$/i.test(name))
  )
}

async function readDocument(
  session: CDPSession,
  { requestId, request: asked, responseStatusCode = 0, responseHeaders = [] }: Paused,
  { paths }: DoctorRequest,
  options: CrawlOptions,
): Promise<Document> {
  const { body, base64Encoded } = await session.send('Fetch.getResponseBody', { requestId })
  const bytes = Buffer.from(body, base64Encoded ? 'base64' : 'utf8')
  const url = new URL(asked.url)
  const fetchUrls = findFetchUrls(bytes, url, paths)
  const [fetchUrl] = fetchUrls
  return {
    url,
    status: responseStatusCode,
    contentType: responseHeaders.find(({ name }) => /^content-type$/i.test(name))?.value ?? '',
    body: bytes,
    fetchUrls,
    fetches: fetchUrl === undefined ? [] : await fetchUntilGiven(fetchUrl, options),
  }
}
