// Edits the headers of a response that is a page: what no longer holds goes, what is new is said.
import { isNothing, toBytes, type FirstBody } from './body-arguments.js'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import { addVary, createHeaderReader, type HeadersArgument } from './response-headers.js'
import { markEntityTag, OF_THE_BYTES } from './validators.js'
import type { Visit } from './visit.js'

/** With a token in the page, browsers get nothing to ask with; without one the entity tag names the snippet set. */
const VALIDATORS: ReadonlySet<string> = new Set(['etag', 'last-modified'])
const STALE: ReadonlySet<string> = new Set([...VALIDATORS, ...OF_THE_BYTES])

/** `bodyBytes` is the page's length with its snippets where that is known already. */
export function editPageHeaders(
  res: Response,
  visit: Visit,
  context: FilterContext,
  bodyBytes: number | undefined,
): void {
  const { count, id } = visit.snippets
  if (count === 0 && !visit.carriesToken) return
  const names = res.getHeaderNames()
  const stale = count === 0 ? VALIDATORS : STALE
  for (const name of names) if (stale.has(name) && (visit.carriesToken || name !== 'etag')) res.removeHeader(name)
  if (count === 0) return
  if (!visit.carriesToken) markEntityTag(res, id)
  addVary(res, context.variesBy)
  const isFramedOtherwise = names.includes('transfer-encoding') || names.includes('trailer')
  if (bodyBytes !== undefined && !isFramedOtherwise) res.setHeader('Content-Length', bodyBytes)
  else if (names.includes('content-length')) res.removeHeader('Content-Length')
}

/** A 304 repeats what the page itself said of its validity (RFC 9110, 15.4.5). */
export function editNotModifiedHeaders(res: Response, visit: Visit, context: FilterContext): void {
  markEntityTag(res, visit.snippets.id)
  addVary(res, context.variesBy)
}

/** The length that the application announced, where it holds for the body and can be read. */
export function declaredLength(res: Response): number | undefined {
  if (isFramedOtherwise(res)) return undefined
  const value = res.getHeader('Content-Length')
  return value !== undefined && /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined
}

/**
 * Node declares the length of a body that is given whole only when it writes the headers itself. Where somebody calls
 * writeHead() before the body, this does it in Node's place.
 */
export function declareWholeBody(
  res: Response,
  statusCode: number,
  headers: HeadersArgument | undefined,
  { chunk, encoding, callback, whole }: FirstBody,
): void {
  if (!whole || res.req.method === 'HEAD' || statusCode < 200 || statusCode === 204 || statusCode === 304) return
  const header = createHeaderReader(res, headers)
  const isFramed = ['content-length', 'transfer-encoding', 'trailer'].some((name) => header(name) !== undefined)
  if (!isFramed) res.setHeader('Content-Length', isNothing(chunk) ? 0 : toBytes({ chunk, encoding, callback }).length)
}

function isFramedOtherwise(res: Response): boolean {
  return res.hasHeader('Transfer-Encoding') || res.hasHeader('Trailer')
}
