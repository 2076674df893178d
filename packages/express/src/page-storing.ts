// A page of which all has left goes into the store.
import type { CapturedBody } from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import type { Visit } from './visit.js'

/** `capture` is `undefined` for a page that is not to be stored, or turned out to be none. */
export function storePage(
  res: Response,
  contentType: string,
  capture: CapturedBody | undefined,
  visit: Visit,
  { pages, settings, now }: FilterContext,
): void {
  const token = capture === undefined ? undefined : visit.token
  if (capture === undefined || token === undefined) {
    capture?.discard()
    visit.abandon()
    return
  }
  const { url, method, watch } = visit
  const capturedAt = now()
  const expiresAt = capturedAt + settings.maxCachedSeconds * 1000
  const page = { url, method, status: res.statusCode, contentType, capturedAt, expiresAt }
  pages?.keep(token, page, capture, watch !== undefined)
}
