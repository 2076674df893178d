// Decides, when a response's headers are about to go, whether it is a page, and edits its headers if so.
import type { InsertionPlan, PassOver, SnippetValues } from '@facsimile/core'
import { byteLength, isNothing, NOTHING, toBytes, type FirstBody } from './body-arguments.js'
import { addToPolicies, policiesOf } from './content-security-policy.js'
import { isNotHtml, judgeResponse, type PageCharset } from './eligibility.js'
import type { FilterContext } from './filter-context.js'
import { isHttp2, type Response } from './http-types.js'
import { PageBody } from './page-body.js'
import { openCoding, type PageCoding } from './page-coding.js'
import { declaredLength, editNotModifiedHeaders, editPageHeaders } from './page-headers.js'
import { isInjected } from './response-hooks.js'
import { createHeaderReader, mergeHeaders, type HeaderReader, type HeadersArgument } from './response-headers.js'
import type { Visit } from './visit.js'

/** A status and its headers on their way to writeHead(), and as much of the body as is at hand. */
export interface PendingHead {
  readonly res: Response
  readonly statusCode: number
  /** Those that are arguments of writeHead(). */
  readonly headers: HeadersArgument | undefined
  /** The write() or end() that makes the headers go; `undefined` when writeHead() or flushHeaders() does. */
  readonly firstBody: FirstBody | undefined
}

export interface Page {
  readonly outcome: 'page'
  readonly body: PageBody
  readonly contentType: string
  /** What the first body came to, snippets included; nothing for a compressed one that is yet to be decoded. */
  readonly firstOutput: readonly Buffer[]
  /** `undefined` for a page whose bytes leave as they are given. */
  readonly coding: PageCoding | undefined
}

/** Of `page` and `headers-only` the headers are edited, and those of the arguments are merged into the response. */
export type HeadDecision =
  | Page
  | { readonly outcome: 'headers-only' }
  /** Without a reason there is nothing to say: Node will refuse the response, or it has been sent already. */
  | { readonly outcome: 'passed-over'; readonly reason?: PassOver }

const SAYS_INJECTED = /^injected; snippets=[1-9]/

/** What a body is no page for. */
const REASONS: Partial<Record<PageBody['kind'], PassOver>> = {
  fragment: 'fragment',
  'other-charset': 'charset',
  failed: 'error',
}

const NO_NONCES: readonly string[] = []
const HEADERS_ONLY = { outcome: 'headers-only' } as const
const NOT_HTML = { outcome: 'passed-over', reason: 'not-html' } as const
const IMPOSSIBLE = { outcome: 'passed-over' } as const

/** Never throws: what fails inside is reported, and passes the response over. */
export function decideHead(head: PendingHead, visit: Visit, context: FilterContext): HeadDecision {
  const { res, statusCode, headers } = head
  const { xhtml } = context.settings
  try {
    // Most responses are no pages, and should hardly notice.
    if (headers === undefined && !visit.asksByOwnTag && isNotHtml(res.getHeader('content-type'), xhtml)) return NOT_HTML
    if (res.headersSent) return IMPOSSIBLE
    const header = createHeaderReader(res, headers)
    const judged = judgeResponse(statusCode, header, xhtml)
    if (judged.passOver !== undefined) {
      const isOurNotModified = statusCode === 304 && visit.asksByOwnTag
      return isOurNotModified ? headNotModified(head, visit, context) : passOver(judged.passOver)
    }
    if (visit.passOver !== undefined) return passOver(visit.passOver)
    if (!visit.stores && visit.snippets.count === 0) return passOver('no-snippets')
    if (isDoubled(res, header, visit)) return passOver('already-injected')
    return visit.method === 'HEAD'
      ? headPage(head, visit, context, judged.charset, header)
      : openPage(head, visit, context, judged.charset, header)
  } catch (error) {
    context.reportFailure(error)
    return passOver('error')
  }
}

function passOver(reason: PassOver): HeadDecision {
  return { outcome: 'passed-over', reason }
}

/** Whether snippets would come to snippets. One Facsimile may insert and another one only store. */
function isDoubled(res: Response, header: HeaderReader, { snippets }: Visit): boolean {
  if (snippets.count === 0) return false
  const status = header('facsimile-status')
  return isInjected(res) || (status !== undefined && SAYS_INJECTED.test(status))
}

function openPage(
  head: PendingHead,
  visit: Visit,
  context: FilterContext,
  charset: PageCharset,
  header: HeaderReader,
): HeadDecision {
  const { maxPageBytes, storeAs } = context.settings
  const values = fit(visit, charset.isUtf8, header)
  const plan = visit.fitted.render(values, charset.charsetKnown, charset.isXml)
  const capture = visit.token === undefined ? undefined : context.pages?.capture(maxPageBytes)
  const stored = storeAs === 'sent' ? planForStore(visit, values, plan) : undefined
  const body = new PageBody({ plan, capture, stored, onFailure: context.reportFailure })
  try {
    return openBody(body, head, visit, context, header, values)
  } catch (error) {
    body.discard()
    throw error
  }
}

/** Settles which snippets the page takes, and what they are filled in with. */
function fit(visit: Visit, isUtf8: boolean, header: HeaderReader): SnippetValues {
  const policies = visit.snippets.count === 0 ? undefined : policiesOf(header)
  visit.fit(isUtf8, policies)
  return visit.snippetValues(policies?.nonces ?? NO_NONCES)
}

/** A nonce is good as long as the visitor's page is; the copy has it no more, like the page in a browser's inspector. */
function planForStore({ fitted }: Visit, values: SnippetValues, plan: InsertionPlan): InsertionPlan {
  return fitted.carriesNonce ? fitted.render({ ...values, nonces: NO_NONCES }, plan.charsetKnown) : plan
}

function openBody(
  body: PageBody,
  head: PendingHead,
  visit: Visit,
  context: FilterContext,
  header: HeaderReader,
  values: SnippetValues,
): HeadDecision {
  const { res, firstBody } = head
  const firstOutput: Buffer[] = []
  // The body first, the headers then: a fragment is told before they are touched.
  const contentEncoding = header('content-encoding')
  const opened =
    contentEncoding === undefined
      ? 'bare'
      : openCoding(contentEncoding, firstBody, body, firstOutput, visit.fitted.count > 0)
  if (opened === 'bare' && firstBody !== undefined) takeFirstBody(res, firstBody, body, firstOutput)
  const kind = opened === 'fragment' || opened === 'other-charset' ? opened : body.kind
  const reason = opened === 'undecodable' ? opened : REASONS[kind]
  if (reason !== undefined) {
    body.discard()
    return passOver(reason)
  }
  const coding = typeof opened === 'object' ? opened : undefined
  const merged = merge(head, header)
  if (merged === undefined) {
    body.discard()
    return IMPOSSIBLE
  }
  const bodyBytes = coding === undefined ? lengthOfBody(firstBody, merged, body, firstOutput) : undefined
  editPageHeaders(res, merged, visit, context, bodyBytes)
  addToPolicies(res, visit.fitted.sourcesFor(values))
  announce(res, visit)
  if (visit.watch === undefined) visit.fitted.blocked.forEach(context.reportBlocked)
  return { outcome: 'page', body, contentType: header('content-type') ?? '', firstOutput, coding }
}

/** The same headers as GET would get, as far as they are known without its page. */
function headPage(
  head: PendingHead,
  visit: Visit,
  context: FilterContext,
  charset: PageCharset,
  header: HeaderReader,
): HeadDecision {
  const values = fit(visit, charset.isUtf8, header)
  const merged = merge(head, header)
  if (merged === undefined) return IMPOSSIBLE
  editPageHeaders(head.res, merged, visit, context, undefined)
  addToPolicies(head.res, visit.fitted.sourcesFor(values))
  announce(head.res, visit)
  return HEADERS_ONLY
}

/** The client has a page with our snippets, and it is still good. */
function headNotModified(head: PendingHead, visit: Visit, context: FilterContext): HeadDecision {
  const header = merge(head)
  if (header === undefined) return IMPOSSIBLE
  editNotModifiedHeaders(head.res, header, visit, context)
  // Browsers keep the policies of the answer that comes last, and the page of the first.
  const values = fit(visit, true, header)
  addToPolicies(head.res, visit.fitted.sourcesFor(values))
  return HEADERS_ONLY
}

function takeFirstBody(res: Response, first: FirstBody, body: PageBody, out: Buffer[]): void {
  const bytes = isNothing(first.chunk) ? NOTHING : toBytes(first)
  const isOwned = typeof first.chunk === 'string'
  // Over HTTP/2 a response finishes later than the callback of end() lets the application use its bytes again.
  if (first.whole && (isOwned || !isHttp2(res))) return body.takeWhole(bytes, isOwned, out)
  body.take(bytes, out)
  if (first.whole) body.end(out)
}

function lengthOfBody(
  firstBody: FirstBody | undefined,
  header: HeaderReader,
  body: PageBody,
  out: readonly Buffer[],
): number | undefined {
  if (firstBody === undefined) return undefined
  if (firstBody.whole) return byteLength(out)
  const declared = body.kind === 'page' ? declaredLength(header) : undefined
  return declared === undefined ? undefined : declared + body.promiseGrowth()
}

/** Sets the headers that are arguments, and reads all of them; `header` does so already where there are no arguments. */
function merge({ res, headers }: PendingHead, header?: HeaderReader): HeaderReader | undefined {
  try {
    mergeHeaders(res, headers)
  } catch {
    // Node refuses these headers too, and tells the application when it is given them as they are.
    return undefined
  }
  return headers === undefined && header !== undefined ? header : createHeaderReader(res, undefined)
}

function announce(res: Response, visit: Visit): void {
  // Where another Facsimile has inserted, this one only stores, and the status is told already.
  if (!visit.isViewer || isInjected(res)) return
  const { count, blocked } = visit.fitted
  const block = blocked.length === 0 ? '' : `; blocked=${blocked.length}`
  const passes = visit.passes === 1 ? '' : `; passes=${visit.passes}`
  res.setHeader('Facsimile-Status', `injected; snippets=${count}${block}${passes}`)
}
