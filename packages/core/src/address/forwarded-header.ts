// What the address guard needs of the `Forwarded` header (RFC 7239): the `for` of each element.
import { parseForwardedNode } from './forwarded-node.js'
import { isHeaderToken } from './header-token.js'
import type { IpAddress } from './ip-address.js'
import { trimOws } from './optional-white-space.js'

/**
 * The `for` addresses of all lines from the last element to the first; `undefined` is an element that has none, or
 * more than one, or is malformed. Quotes make the header readable from its start only, so it is split as a whole, in
 * linear time. A quote that is never closed makes one malformed element of all that follows it: the first that is
 * read here, so that nobody can hide the entry of the last proxy in a quoted string.
 */
export function* readForwardedFromRight(lines: readonly string[]): Generator<IpAddress | undefined> {
  for (const element of splitOutsideQuotes(lines.join(','), ',').reverse()) {
    if (trimOws(element) !== '') yield parseElement(element)
  }
}

function parseElement(element: string): IpAddress | undefined {
  let node: string | undefined
  for (const part of splitOutsideQuotes(element, ';')) {
    const pair = trimOws(part)
    // RFC 7239, 4: `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )`, so pairs may be missing.
    if (pair === '') continue
    const equalsAt = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equalsAt))
    const value = parseValue(pair.slice(equalsAt + 1))
    if (!isHeaderToken(name) || value === undefined) return undefined
    if (name.toLowerCase() !== 'for') continue
    // "Each parameter MUST NOT occur more than once": two readers could pick different ones.
    if (node !== undefined) return undefined
    node = value
  }
  return node === undefined ? undefined : parseForwardedNode(node, 'rfc7239')
}

/** The text of a token or of a quoted string (RFC 9110, 5.6.4); `undefined` for anything else. */
function parseValue(text: string): string | undefined {
  if (!text.startsWith('"')) return isHeaderToken(text) ? text : undefined
  let value = ''
  for (let at = 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') return at === text.length - 1 ? value : undefined
    if (char === '\\') at += 1
    value += text.charAt(at)
  }
  return undefined
}

/** Splits at each `separator` that stands outside quoted strings; one that is not closed reaches to the end. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let isQuoted = false
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') isQuoted = !isQuoted
    else if (isQuoted && char === '\\') at += 1
    else if (!isQuoted && char === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
