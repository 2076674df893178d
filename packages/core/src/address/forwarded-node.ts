// One entry of a forwarding header, as proxies write it: an address, perhaps in brackets, perhaps with a port.
import { isUnspecified, parseIpAddress, type IpAddress } from './ip-address.js'

/** What RFC 7239 asks for beyond the habits of `X-Forwarded-For`: brackets around IPv6; ports may be obfuscated. */
export type NodeSyntax = 'plain' | 'rfc7239'

const DECIMAL_PORT = /^[0-9]{1,5}$/
const OBFUSCATED_PORT = /^_[A-Za-z0-9._-]+$/
const MAX_PORT = 65_535

/**
 * The address in `node` without its port, or `undefined` for everything else: `unknown`, `_hidden`, a host name, a zone
 * id, `[IPv4]`, a bad port, the unspecified address. `undefined` never means "look further": the entry is there, and
 * nobody can say whose it is.
 */
export function parseForwardedNode(node: string, syntax: NodeSyntax): IpAddress | undefined {
  const address = node.startsWith('[') ? parseBracketed(node, syntax) : parseUnbracketed(node, syntax)
  return address === undefined || isUnspecified(address) ? undefined : address
}

/** `[IPv6]` or `[IPv6]:port`. */
function parseBracketed(node: string, syntax: NodeSyntax): IpAddress | undefined {
  const closeAt = node.indexOf(']')
  if (closeAt < 0) return undefined
  const inside = node.slice(1, closeAt)
  const after = node.slice(closeAt + 1)
  if (!inside.includes(':')) return undefined
  if (after !== '' && !(after.startsWith(':') && isPort(after.slice(1), syntax))) return undefined
  return parseIpAddress(inside)
}

/** `IPv4`, `IPv4:port` or, outside RFC 7239, a bare IPv6 address: its last group is never taken for a port. */
function parseUnbracketed(node: string, syntax: NodeSyntax): IpAddress | undefined {
  const colonAt = node.indexOf(':')
  if (colonAt < 0) return parseIpAddress(node)
  if (node.includes(':', colonAt + 1)) return syntax === 'plain' ? parseIpAddress(node) : undefined
  return isPort(node.slice(colonAt + 1), syntax) ? parseIpAddress(node.slice(0, colonAt)) : undefined
}

function isPort(text: string, syntax: NodeSyntax): boolean {
  if (DECIMAL_PORT.test(text)) return Number(text) <= MAX_PORT
  return syntax === 'rfc7239' && OBFUSCATED_PORT.test(text)
}
