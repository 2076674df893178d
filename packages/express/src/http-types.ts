// The parts of node:http that the middleware touches; nothing that Express adds is relied on.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Connect and Express put the URL that the client sent here when they shorten `url` for a mounted handler. */
export type Request = IncomingMessage & { readonly originalUrl?: string | undefined }
export type Response = ServerResponse

export type Middleware = (req: Request, res: Response, next: (error?: unknown) => void) => void

/** Over HTTP/2 a response that is closed knows its request no more. */
export function isHttp2(res: Response): boolean {
  return ((res.req as Request | undefined)?.httpVersionMajor ?? 1) >= 2
}

/** Whether nobody is there any more to be answered. */
export function isGone(res: Response): boolean {
  const { destroyed, stream } = res as {
    readonly destroyed?: boolean
    readonly stream?: { readonly destroyed: boolean }
  }
  return destroyed ?? stream?.destroyed ?? false
}

/** For a response that says `finish`: over HTTP/2 it says so at its end in any case, and has no `destroyed`. */
export function isCutShort(res: Response): boolean {
  const { destroyed } = res as { readonly destroyed?: boolean }
  return destroyed ?? !res.writableFinished
}

/** What the client calls the site: no more than that. HTTP/2 has a field of its own for it (RFC 9113, 8.3.1). */
export function hostOf({ headers }: Request): string | undefined {
  const authority = headers.host ?? headers[':authority']
  return typeof authority === 'string' ? authority : undefined
}

export interface RequestTarget {
  readonly path: string
  /** Without its `?`; empty when there is none. */
  readonly query: string
  /** Path and query. */
  readonly url: string
}

/** What the request line asks for, whatever mounted handlers and rewriting middlewares make of `req.url`. */
export function urlOf(req: Request): string {
  return req.originalUrl ?? req.url ?? '/'
}

/** Scheme and host of a target in absolute form. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

/**
 * From the site's root on, without a scheme and host (RFC 9112, 3.2), and else byte for byte: a URL parser would take
 * `/./facsimile` for the fetch path, which a proxy that guards it does not.
 */
export function targetOf(requestUrl: string): RequestTarget {
  const url = requestUrl.startsWith('/') ? requestUrl : withoutOrigin(requestUrl)
  const question = url.indexOf('?')
  if (question === -1) return { path: url, query: '', url }
  return { path: url.slice(0, question), query: url.slice(question + 1), url }
}

function withoutOrigin(requestUrl: string): string {
  const url = requestUrl.replace(ORIGIN, '')
  return url === requestUrl || url.startsWith('/') ? url : `/${url}`
}

/** Whether the target has this path; for most others a look at how it begins tells. */
export function hasPath(requestUrl: string, path: string): boolean {
  return (requestUrl.startsWith(path) || !requestUrl.startsWith('/')) && targetOf(requestUrl).path === path
}
