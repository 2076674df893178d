// For which word a response was probably passed over, as far as its headers and its body show from outside.
import { asciiBasedCharset, type PassOver } from '@facsimile/core'
import type { CookieJar } from './cookie-jar.js'
import type { HttpAnswer } from './http-request.js'

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What Node can undo, in every version that Facsimile runs on. */
const KNOWN_CODINGS = new Set(['', 'identity', 'gzip', 'x-gzip', 'deflate', 'br', 'zstd'])

/** In the order in which the response filter asks; `undefined` when nothing in the answer says why. */
export function guessPassOver({ headers, status, body }: HttpAnswer, jar: CookieJar): PassOver | undefined {
  // The default opt-out cookie; a site may have set another.
  if (jar.get('WRUID') === '0') return 'cookie'
  const header = (name: string) => headers.get(name) ?? ''
  if (status === 204 || status === 205 || status === 304) return 'no-body'
  if (status === 206) return 'partial'
  if (!/^\s*text\/html\b/i.test(header('content-type'))) return 'not-html'
  if (REDIRECTS.has(status) && headers.has('location')) return 'redirect'
  if (headers.has('content-range')) return 'partial'
  if (/^\s*attachment\b/i.test(header('content-disposition'))) return 'attachment'
  if (/(?:^|,)\s*no-transform\b/i.test(header('cache-control'))) return 'no-transform'
  const codings = header('content-encoding').toLowerCase().split(',')
  if (!codings.every((coding) => KNOWN_CODINGS.has(coding.trim()))) return 'encoded'
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(header('content-type'))?.[1]
  if (charset !== undefined && asciiBasedCharset(charset) === undefined) return 'charset'
  return /<(?:!doctype|html|head|body)[\s>]/i.test(body.toString('latin1')) ? undefined : 'fragment'
}
