// Edits the headers of a response that is a page: what no longer holds goes, what is new is said.
import { isNothing, toBytes, type FirstBody } from './body-arguments.js'
import type { FilterContext } from './filter-context.js'
import { isHttp2, type Response } from './http-types.js'
import { addVary, createHeaderReader, type HeaderReader, type HeadersArgument } from './response-headers.js'
import { markEntityTag, OF_THE_BYTES } from './validators.js'
import type { Visit } from './visit.js'

/**
 * With a token in the page, browsers get nothing to ask with, nor with a nonce, which a 304 would bring to a page that has
 * another one; else the entity tag names the snippet set.
 */
const VALIDATORS = ['etag', 'last-modified']

/** `header` reads the response's headers as they are; `bodyBytes` is the page's length with its snippets if it is known. */
export function editPageHeaders(
  res: Response,
  header: HeaderReader,
  visit: Visit,
  context: FilterContext,
  bodyBytes: number | undefined,
): void {
  const { count, id, carriesNonce } = visit.fitted
  // A page that is stored may carry its token: in a snippet, or written by an application that asks for it later.
  const { stores: mayCarryToken } = visit
  if (count === 0 && !mayCarryToken) return
  const remove = (name: string) => header(name) !== undefined && res.removeHeader(name)
  if (mayCarryToken || carriesNonce) VALIDATORS.forEach(remove)
  if (count === 0) return
  OF_THE_BYTES.forEach(remove)
  if (!mayCarryToken && !carriesNonce) {
    remove('last-modified')
    markEntityTag(res, header('etag'), id)
  }
  addVary(res, header('vary'), context.variesBy(res.req))
  if (bodyBytes !== undefined && !isFramedOtherwise(header)) res.setHeader('Content-Length', bodyBytes)
  else remove('content-length')
}

/** A 304 repeats what the page itself said of its validity (RFC 9110, 15.4.5). */
export function editNotModifiedHeaders(
  res: Response,
  header: HeaderReader,
  visit: Visit,
  context: FilterContext,
): void {
  markEntityTag(res, header('etag'), visit.snippets.id)
  addVary(res, header('vary'), context.variesBy(res.req))
}

/** The length that the application announced, where it holds for the body and can be read. */
export function declaredLength(header: HeaderReader): number | undefined {
  if (isFramedOtherwise(header)) return undefined
  const value = header('content-length')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/**
 * Node declares the length of a body that is given whole only when it writes the headers itself. Where somebody calls
 * writeHead() before the body, this does it in Node's place. Over HTTP/2 nobody does: the frames tell.
 */
export function declareWholeBody(
  res: Response,
  statusCode: number,
  headers: HeadersArgument | undefined,
  { chunk, encoding, callback, whole }: FirstBody,
): void {
  if (
    !whole ||
    isHttp2(res) ||
    res.req.method === 'HEAD' ||
    statusCode < 200 ||
    statusCode === 204 ||
    statusCode === 304
  )
    return
  const header = createHeaderReader(res, headers)
  const isFramed = header('content-length') !== undefined || isFramedOtherwise(header)
  if (!isFramed) res.setHeader('Content-Length', isNothing(chunk) ? 0 : toBytes({ chunk, encoding, callback }).length)
}

function isFramedOtherwise(header: HeaderReader): boolean {
  return header('transfer-encoding') !== undefined || header('trailer') !== undefined
}
