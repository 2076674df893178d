// Opens the page in Chromium as a visitor, and fetches its copy before the page has run: so nobody else takes it first.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { isIP } from 'node:net'
import { connect, rootCertificates } from 'node:tls'
import { toError } from '@facsimile/core'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { createCookieJar, parseCookieHeader } from '../crawl/cookie-jar.js'
import { findFetchUrls, type FetchUrl } from '../crawl/fetch-url.js'
import type { CrawlOptions } from '../crawl/stored-copy.js'
import { maskUrlIn, showUrl } from '../crawl/shown-url.js'
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
  /** All that the page loads came in time. */
  readonly isLoaded: boolean
  /** Where the page would have gone on by itself; it was kept, so that its scripts could be looked at. */
  readonly wentTo: URL | undefined
}

type Document = Omit<BrowserView, keyof PageScripts | 'isLoaded' | 'wentTo'>
type Seen = Document & Pick<BrowserView, 'wentTo'>

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
    const timeout = request.timeoutMs + SETTLE_MS
    await page.goto(request.url.href, { waitUntil: 'commit', timeout }).catch(document)
    const isLoaded = await hasState(page, 'load', timeout)
    // A page that is never still has had its time all the same.
    await hasState(page, 'networkidle', SETTLE_MS)
    return { ...document(), isLoaded, ...(await withDeadline(scripts(), request.timeoutMs)) }
  } catch (cause) {
    throw failure(`Chromium cannot open the page: ${shortReason(cause, request)}`, 'Open it by hand to see why.', {
      cause,
    })
  } finally {
    await browser.close()
  }
}

/** Whether the page comes that far within the time. */
async function hasState(page: Page, state: 'load' | 'networkidle', timeout: number): Promise<boolean> {
  return page.waitForLoadState(state, { timeout }).then(
    () => true,
    () => false,
  )
}

function shortReason(cause: unknown, { url, timeoutMs }: DoctorRequest): string {
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return `it, its scripts or its style sheets took longer than ${(timeoutMs + SETTLE_MS) / 1000} s`
  const [reason = ''] = maskUrlIn(reasonOf(cause), url).split('\n')
  return reason
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

/** Answers a function that gives the page once it has come, and throws what kept it from coming, or else `cause`. */
async function watchDocument(
  session: CDPSession,
  request: DoctorRequest,
  options: CrawlOptions,
): Promise<(cause?: unknown) => Seen> {
  let seen: Document | undefined
  let wentTo: URL | undefined
  let problem: Error | undefined
  const { frameTree } = await session.send('Page.getFrameTree')
  const mainFrame = frameTree.frame.id
  let isFirst = true

  async function onPaused(paused: Paused): Promise<void> {
    const { requestId, frameId, responseStatusCode, responseErrorReason } = paused
    if (responseStatusCode === undefined && responseErrorReason === undefined) {
      const url = new URL(paused.request.url)
      // As without a browser: a redirect does not leave the origin. And a page that goes on would take its scripts along.
      if (frameId === mainFrame && (seen !== undefined || url.origin !== request.url.origin)) {
        if (seen === undefined) problem ??= new Error(`it redirects to another origin: ${showUrl(url)}`)
        wentTo ??= url
        await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
        return
      }
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
    onPaused(paused as Paused).catch((error: unknown) => (problem ??= toError(error)))
  })
  await session.send('Fetch.enable', {
    patterns: (['Request', 'Response'] as const).map((requestStage) => ({
      requestStage,
      resourceType: 'Document' as const,
    })),
  })
  return (cause = new Error('it got no answer')) => {
    if (seen === undefined) throw problem ?? cause
    return { ...seen, wentTo }
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
