// Decides, when a response's headers are about to go, whether it is a page, and edits its headers if so.
import type { PassOver } from '@facsimile/core'
import { byteLength, isNothing, NOTHING, toBytes, type FirstBody } from './body-arguments.js'
import { nonceOf } from './content-security-policy.js'
import { isNotHtml, judgeResponse, type PageCharset } from './eligibility.js'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import { PageBody } from './page-body.js'
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
  /** What the first body came to, snippets included. */
  readonly firstOutput: readonly Buffer[]
}

/** Of `page` and `headers-only` the headers are edited, and those of the arguments are merged into the response. */
export type HeadDecision =
  | Page
  | { readonly outcome: 'headers-only' }
  /** Without a reason there is nothing to say: Node will refuse the response, or it has been sent already. */
  | { readonly outcome: 'passed-over'; readonly reason?: PassOver }

const SAYS_INJECTED = /^injected; snippets=[1-9]/

const HEADERS_ONLY = { outcome: 'headers-only' } as const
const NOT_HTML = { outcome: 'passed-over', reason: 'not-html' } as const
const IMPOSSIBLE = { outcome: 'passed-over' } as const
const NOTHING_TO_DO = IMPOSSIBLE

/** Never throws: what fails inside is reported, and passes the response over. */
export function decideHead(head: PendingHead, visit: Visit, context: FilterContext): HeadDecision {
  const { res, statusCode, headers } = head
  try {
    // Most responses are no pages, and should hardly notice.
    if (headers === undefined && !visit.asksByOwnTag && isNotHtml(res.getHeader('content-type'))) return NOT_HTML
    if (res.headersSent) return IMPOSSIBLE
    const header = createHeaderReader(res, headers)
    const judged = judgeResponse(statusCode, header)
    if (judged.passOver !== undefined) {
      const isOurNotModified = statusCode === 304 && visit.asksByOwnTag
      return isOurNotModified ? headNotModified(head, visit, context) : passOver(judged.passOver)
    }
    if (visit.passOver !== undefined) return passOver(visit.passOver)
    if (!visit.stores && visit.snippets.count === 0) return NOTHING_TO_DO
    if (isDoubled(res, header, visit)) return passOver('already-injected')
    return visit.method === 'HEAD'
      ? headPage(head, visit, context)
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
  return snippets.count > 0 && (isInjected(res) || SAYS_INJECTED.test(header('facsimile-status') ?? ''))
}

function openPage(
  head: PendingHead,
  visit: Visit,
  context: FilterContext,
  charset: PageCharset,
  header: HeaderReader,
): HeadDecision {
  const { maxPageBytes, storeAs } = context.settings
  const nonce = visit.snippets.carriesNonce ? nonceOf(header('content-security-policy')) : undefined
  const plan = visit.snippets.render(visit.snippetValues(nonce), charset)
  const capture = visit.token === undefined ? undefined : context.pages?.capture(maxPageBytes)
  const body = new PageBody({ plan, capture, storeAs, onFailure: context.reportFailure })
  try {
    return openBody(body, head, visit, context, header)
  } catch (error) {
    body.discard()
    throw error
  }
}

function openBody(
  body: PageBody,
  head: PendingHead,
  visit: Visit,
  context: FilterContext,
  header: HeaderReader,
): HeadDecision {
  const { res, firstBody } = head
  const firstOutput: Buffer[] = []
  // The body first, the headers then: a fragment is told before they are touched.
  if (firstBody !== undefined) takeFirstBody(firstBody, body, firstOutput)
  if (body.kind === 'fragment' || body.kind === 'failed') {
    body.discard()
    return passOver(body.kind === 'fragment' ? 'fragment' : 'error')
  }
  const merged = merge(head, header)
  if (merged === undefined) {
    body.discard()
    return IMPOSSIBLE
  }
  editPageHeaders(res, merged, visit, context, lengthOfBody(firstBody, merged, body, firstOutput))
  announce(res, visit)
  return { outcome: 'page', body, contentType: header('content-type') ?? '', firstOutput }
}

/** The same headers as GET would get, as far as they are known without its page. */
function headPage(head: PendingHead, visit: Visit, context: FilterContext): HeadDecision {
  const header = merge(head)
  if (header === undefined) return IMPOSSIBLE
  editPageHeaders(head.res, header, visit, context, undefined)
  announce(head.res, visit)
  return HEADERS_ONLY
}

/** The client has a page with our snippets, and it is still good. */
function headNotModified(head: PendingHead, visit: Visit, context: FilterContext): HeadDecision {
  const header = merge(head)
  if (header === undefined) return IMPOSSIBLE
  editNotModifiedHeaders(head.res, header, visit, context)
  return HEADERS_ONLY
}

function takeFirstBody(first: FirstBody, body: PageBody, out: Buffer[]): void {
  const bytes = isNothing(first.chunk) ? NOTHING : toBytes(first)
  if (first.whole) body.takeWhole(bytes, typeof first.chunk === 'string', out)
  else body.take(bytes, out)
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
  const { snippets } = visit
  if ((snippets.count > 0 || !isInjected(res)) && visit.isViewer)
    res.setHeader('Facsimile-Status', `injected; snippets=${snippets.count}`)
}
