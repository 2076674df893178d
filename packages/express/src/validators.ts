// ETag, Last-Modified and the conditional requests that bring them back, for pages whose bytes the filter changes.
import type { Request, Response } from './http-types.js'

const CONDITIONAL = ['if-none-match', 'if-modified-since', 'if-range', 'range'] as const
/** What says something of the exact bytes, and holds no longer (RFC 9110, RFC 9530, RFC 1864, RFC 3230). */
export const OF_THE_BYTES = ['accept-ranges', 'content-md5', 'digest', 'content-digest', 'repr-digest'] as const
const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/
const ENTITY_TAGS = /(?:W\/)?"[^"]*"|\*/g

/** Whether the client asks for a page by name, as browsers do when they navigate. */
export function asksForPage(req: Request): boolean {
  return /\btext\/html\b/i.test(req.headers.accept ?? '')
}

/** Whether the client asks for a page only in part, or only if it has changed. */
export function asksConditionally({ headers }: Request): boolean {
  return CONDITIONAL.some((name) => headers[name] !== undefined)
}

/**
 * Hides conditional headers from the application: a page with a one-shot token must not come back as a 304, and a part
 * of the page as it was must not be joined to the whole as it is now.
 */
export function hideConditions(req: Request): void {
  for (const name of CONDITIONAL) if (req.headers[name] !== undefined) Reflect.deleteProperty(req.headers, name)
}

/**
 * Gives the application back its own entity tags where the client's carry the identity of the snippet set, so that a
 * 304 goes on working; a tag of another set, or of the time before, is hidden from a page. Answers whether the client
 * has a tag of this set.
 */
export function translateConditions(req: Request, setId: string): boolean {
  const header = req.headers['if-none-match']
  const isPage = asksForPage(req)
  if (header === undefined) {
    if (isPage) hideConditions(req)
    return false
  }
  const own: string[] = []
  const foreign: string[] = []
  for (const tag of header.match(ENTITY_TAGS) ?? []) {
    const original = originalTag(tag, setId)
    if (original === undefined) foreign.push(tag)
    else own.push(original)
  }
  if (isPage) hideConditions(req)
  const kept = isPage ? own : [...own, ...foreign]
  if (own.length > 0) req.headers['if-none-match'] = kept.join(', ')
  return own.length > 0
}

/**
 * Makes `tag`, the response's entity tag, name the snippet set too, on a page as on its 304; it is weak then, since others
 * may add to the page.
 */
export function markEntityTag(res: Response, tag: string | undefined, setId: string): void {
  if (tag === undefined) return
  const [, weakness, opaque] = ENTITY_TAG.exec(tag) ?? []
  if (opaque === undefined) res.removeHeader('ETag')
  else res.setHeader('ETag', `W/"${opaque}${endingFor(setId, weakness === undefined)}`)
}

/** The application's own tag, as strong as it was: some compare the text. `undefined` for a tag of another set. */
function originalTag(tag: string, setId: string): string | undefined {
  const weak = endingFor(setId, false)
  if (tag.endsWith(weak)) return `${tag.slice(0, -weak.length)}"`
  const strong = endingFor(setId, true)
  return tag.endsWith(strong) ? `${tag.slice(0, -strong.length)}"`.replace(/^W\//, '') : undefined
}

/** `-fxs.` marks a tag that was strong before it named the snippet set. */
function endingFor(setId: string, wasStrong: boolean): string {
  return wasStrong ? `-fxs.${setId}"` : `-fx.${setId}"`
}
