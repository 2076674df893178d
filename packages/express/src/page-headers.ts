// Edits the headers of a response that is a page: what no longer holds goes, what is new is said.
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import { addVary } from './response-headers.js'
import { dropDigests, dropValidators, markValidators } from './validators.js'
import type { Visit } from './visit.js'

/** `bodyBytes` is the page's length with its snippets where that is known already. */
export function editPageHeaders(
  res: Response,
  visit: Visit,
  context: FilterContext,
  bodyBytes: number | undefined,
): void {
  const { count, id } = visit.snippets
  if (visit.carriesToken) dropValidators(res)
  if (count === 0) return
  if (!visit.carriesToken) markValidators(res, id)
  dropDigests(res)
  addVary(res, context.variesBy)
  if (bodyBytes === undefined) {
    if (res.hasHeader('Content-Length')) res.removeHeader('Content-Length')
  } else declareLength(res, bodyBytes)
}

/** Says what Node would say by itself of a body that is given whole, unless the application chose another framing. */
export function declareLength(res: Response, bodyBytes: number): void {
  if (res.hasHeader('Transfer-Encoding') || res.hasHeader('Trailer')) {
    if (res.hasHeader('Content-Length')) res.removeHeader('Content-Length')
  } else res.setHeader('Content-Length', bodyBytes)
}
