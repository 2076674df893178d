// Decides by a response's status and headers whether it is a page, and if not, for which word it is passed over.
import { asciiBasedCharset, type PassOver } from '@facsimile/core'
import { readCodings } from './content-coding.js'
import { readMediaType } from './media-type.js'
import type { HeaderReader } from './response-headers.js'

/** What the Content-Type of a page says. */
export interface PageCharset {
  /** Whether it names a charset. */
  readonly charsetKnown: boolean
  readonly isUtf8: boolean
  readonly isXml: boolean
}

export type Eligibility =
  { readonly passOver: PassOver } | { readonly passOver?: undefined; readonly charset: PageCharset }

const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:[\s,;=]|$)/i
const ATTACHMENT = /^\s*attachment\b/i
/** With a Location browsers follow these and show no body (Fetch, 2.2.3). */
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_MEMOIZED_TYPES = 100

/** `xhtml` says whether XHTML counts as a page. */
export function judgeResponse(statusCode: number, header: HeaderReader, xhtml: boolean): Eligibility {
  // Node refuses a status beyond these bounds.
  if (!(statusCode >= 200 && statusCode <= 999)) return { passOver: 'no-body' }
  if (statusCode === 204 || statusCode === 205 || statusCode === 304) return { passOver: 'no-body' }
  if (statusCode === 206) return { passOver: 'partial' }
  // First what most responses are passed over for: they should hardly notice.
  const type = judgeContentType(header('content-type'), xhtml)
  if (type.passOver === 'not-html') return type
  if (REDIRECTS.has(statusCode) && header('location') !== undefined) return { passOver: 'redirect' }
  if (header('content-range') !== undefined) return { passOver: 'partial' }
  const disposition = header('content-disposition')
  if (disposition !== undefined && ATTACHMENT.test(disposition)) return { passOver: 'attachment' }
  const cacheControl = header('cache-control')
  if (cacheControl !== undefined && NO_TRANSFORM.test(cacheControl)) return { passOver: 'no-transform' }
  const contentEncoding = header('content-encoding')
  if (contentEncoding !== undefined && readCodings(contentEncoding) === undefined) return { passOver: 'encoded' }
  return type
}

/** Whether a Content-Type alone tells that a response is no page; a response without one is looked at more closely. */
export function isNotHtml(contentType: unknown, xhtml: boolean): boolean {
  return typeof contentType === 'string' && judgeContentType(contentType, xhtml).passOver === 'not-html'
}

/** A site has few content types, so each is read once. */
const judgedTypes = new Map<string, Eligibility>()
const judgedTypesWithXhtml = new Map<string, Eligibility>()

function judgeContentType(contentType: string | undefined, xhtml: boolean): Eligibility {
  if (contentType === undefined) return { passOver: 'not-html' }
  const memo = xhtml ? judgedTypesWithXhtml : judgedTypes
  const known = memo.get(contentType)
  if (known !== undefined) return known
  const judged = readContentType(contentType, xhtml)
  if (memo.size < MAX_MEMOIZED_TYPES) memo.set(contentType, judged)
  return judged
}

function readContentType(contentType: string, xhtml: boolean): Eligibility {
  const type = readMediaType(contentType)
  const isXml = xhtml && type?.essence === 'application/xhtml+xml'
  if (type === undefined || (type.essence !== 'text/html' && !isXml)) return { passOver: 'not-html' }
  if (type.charset === undefined) return { charset: { charsetKnown: false, isUtf8: false, isXml } }
  const charset = asciiBasedCharset(type.charset)
  return charset === undefined
    ? { passOver: 'charset' }
    : { charset: { charsetKnown: true, isUtf8: charset === 'utf-8', isXml } }
}
