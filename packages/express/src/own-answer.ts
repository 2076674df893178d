// Answers that Facsimile gives itself, past everything that stands between it and Node.
import type { OutgoingHttpHeaders } from 'node:http'
import type { Response } from './http-types.js'
import { classMethodsOf } from './response-hooks.js'

export interface Answer {
  readonly status: number
  /** All of them. */
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** On every answer: nobody keeps it, no search engine lists it, nothing else is made of it. */
export const ALWAYS_SENT = {
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** What a middleware further out may have set, and what must not go with a page of ours. */
const NEVER_SENT = [
  'Set-Cookie',
  'ETag',
  'Last-Modified',
  'Expires',
  'Vary',
  'Accept-Ranges',
  'Content-Encoding',
  'Link',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
]

/** One line of text. */
export function plainAnswer(status: number, sentence: string, headers: OutgoingHttpHeaders = {}): Answer {
  const body = Buffer.from(`${sentence}\n`)
  const ofText = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length }
  return { status, headers: { ...ALWAYS_SENT, ...headers, ...ofText }, body }
}

/**
 * Sends by the methods of the response's class. What middlewares further out put before them would set a session's
 * cookie, compress the page or, where the response filter is one of them, fill it with snippets once more.
 */
export function sendAnswer(res: Response, { status, headers, body }: Answer): void {
  sendHead(res, status, headers)
  // Node leaves the body of an answer to HEAD out by itself.
  classMethodsOf(res).end.call(res, body)
}

/** The same for an answer whose body comes by and by. */
export function sendHead(res: Response, status: number, headers: OutgoingHttpHeaders): void {
  for (const name of NEVER_SENT) res.removeHeader(name)
  classMethodsOf(res).writeHead.call(res, status, headers)
}
