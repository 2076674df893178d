// Decides by a response's status and headers whether it is a page, and if not, for which word it is passed over.
import type { PassOver } from '@facsimile/core'
import { readCodings } from './content-coding.js'
import type { HeaderReader } from './response-headers.js'

export interface PageCharset {
  /** Whether the Content-Type names a charset. */
  readonly charsetKnown: boolean
  readonly isUtf8: boolean
}

export type Eligibility =
  { readonly passOver: PassOver } | { readonly passOver?: undefined; readonly charset: PageCharset }

const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:[\s,;=]|$)/i
const ATTACHMENT = /^\s*attachment\b/i
const CHARSET_PARAMETER = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i
/** Encodings in which the byte 0x3C may be no `<`. TextDecoder knows UTF-7, UTF-32 and HZ under no name. */
const NOT_ASCII_BASED = /^(?:utf-16|iso-2022|replacement)/
const MAX_MEMOIZED_TYPES = 100

export function judgeResponse(statusCode: number, header: HeaderReader): Eligibility {
  // Node refuses a status beyond these bounds.
  if (!(statusCode >= 200 && statusCode <= 999)) return { passOver: 'no-body' }
  if (statusCode === 204 || statusCode === 205 || statusCode === 304) return { passOver: 'no-body' }
  if (statusCode === 206) return { passOver: 'partial' }
  // First what most responses are passed over for: they should hardly notice.
  const type = judgeContentType(header('content-type'))
  if (type.passOver === 'not-html') return type
  if (header('content-range') !== undefined) return { passOver: 'partial' }
  if (ATTACHMENT.test(header('content-disposition') ?? '')) return { passOver: 'attachment' }
  if (NO_TRANSFORM.test(header('cache-control') ?? '')) return { passOver: 'no-transform' }
  const contentEncoding = header('content-encoding')
  if (contentEncoding !== undefined && readCodings(contentEncoding) === undefined) return { passOver: 'encoded' }
  return type
}

/** Whether a Content-Type alone tells that a response is no page; a response without one is looked at more closely. */
export function isNotHtml(contentType: unknown): boolean {
  return typeof contentType === 'string' && judgeContentType(contentType).passOver === 'not-html'
}

const memo = new Map<string, Eligibility>()

/** A site has few content types, so each is read once. */
function judgeContentType(contentType: string | undefined): Eligibility {
  if (contentType === undefined) return { passOver: 'not-html' }
  const known = memo.get(contentType)
  if (known !== undefined) return known
  const judged = readContentType(contentType)
  if (memo.size < MAX_MEMOIZED_TYPES) memo.set(contentType, judged)
  return judged
}

function readContentType(contentType: string): Eligibility {
  const [essence = ''] = contentType.split(';', 1)
  if (essence.trim().toLowerCase() !== 'text/html') return { passOver: 'not-html' }
  const parameter = CHARSET_PARAMETER.exec(contentType)
  const label = parameter?.[1] ?? parameter?.[2] ?? ''
  if (label === '') return { charset: { charsetKnown: false, isUtf8: false } }
  const encoding = encodingOf(label)
  if (encoding === undefined || NOT_ASCII_BASED.test(encoding)) return { passOver: 'charset' }
  return { charset: { charsetKnown: true, isUtf8: encoding === 'utf-8' } }
}

/** The standard's name for a charset label (WHATWG Encoding), or `undefined` for a label that it does not know. */
function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}
