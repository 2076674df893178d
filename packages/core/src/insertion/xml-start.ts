// The first bytes of an XML page: the byte order mark and the XML declaration, which can tell its charset.
// Source: XML 1.0 (Fifth Edition), 2.8 and appendix F; RFC 7303, 3: a mark first, then the Content-Type, then the declaration.
import { asciiBasedCharset } from '../charset.js'
import { isSpace, matchWord } from './markup.js'

const UTF8_BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const
/** A longer declaration is not waited for. */
const MAX_DECLARATION_BYTES = 256
const ENCODING = /\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/

/**
 * The offset from which on the page is read, `other-charset` for one that cannot be read byte by byte, or `needs-more`.
 * `charsetKnown` says that the Content-Type names the charset.
 */
export function readXmlStart(data: Buffer, charsetKnown: boolean): number | 'needs-more' | 'other-charset' {
  if (data.length < 2) return 'needs-more'
  if (isWide(data[0]!, data[1]!)) return 'other-charset'
  const matched = UTF8_BYTE_ORDER_MARK.findIndex((byte, at) => data[at] !== byte)
  if (matched === -1) return UTF8_BYTE_ORDER_MARK.length
  if (matched === data.length) return 'needs-more'
  return charsetKnown ? 0 : readDeclaration(data)
}

/** A mark of UTF-16, or half of a character of UTF-16 or UTF-32. */
function isWide(first: number, second: number): boolean {
  return first === 0 || second === 0 || (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)
}

function readDeclaration(data: Buffer): 0 | 'needs-more' | 'other-charset' {
  const word = '<?xml'
  const match = matchWord(data, 0, word)
  if (match === 'partly' || data.length === word.length) return match === 'no' ? 0 : 'needs-more'
  if (match === 'no' || !isSpace(data[word.length]!)) return 0
  const text = data.toString('latin1', 0, MAX_DECLARATION_BYTES)
  const end = text.indexOf('?>')
  if (end === -1) return data.length < MAX_DECLARATION_BYTES ? 'needs-more' : 0
  const [, quoted, apostrophed] = ENCODING.exec(text.slice(0, end)) ?? []
  const label = quoted ?? apostrophed
  return label === undefined || asciiBasedCharset(label) !== undefined ? 0 : 'other-charset'
}
