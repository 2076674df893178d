// IP addresses, read strictly from text and written in one canonical form.
import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * An IPv4 address or an IPv6 address that is not IPv4-mapped. `toString()` is canonical: dotted decimal, or RFC 5952
 * without a dotted tail, 45 characters at most.
 */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6

/** The longest spelling that can be an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. */
const MAX_ADDRESS_CHARS = 45

/** Groups 0 to 5 of ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0xffff]

/**
 * The address that `text` spells, or `undefined`. IPv4 is exactly four decimal numbers without leading zeros; an
 * IPv4-mapped IPv6 address in any spelling is that IPv4 address; zones, ports, brackets and white space are refused.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  // The parser of ipaddr.js is never asked: it also takes `0x7f.1`, `010.0.0.1` and `127.1`.
  if (text.length > MAX_ADDRESS_CHARS) return undefined
  if (isIPv4(text)) return new ipaddr.IPv4(readOctets(text))
  if (text.includes('%') || !isIPv6(text)) return undefined

  const groups = readGroups(text)
  // `isIPv6` promises eight; ipaddr.js throws on any other number, and a guard must not.
  if (groups.length !== 8) return undefined
  if (MAPPED_PREFIX.some((group, index) => groups[index] !== group)) return new ipaddr.IPv6(groups)
  return new ipaddr.IPv4(groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]))
}

/** The address of a connection's other end. The zone of a link-local one (`fe80::1%eth0`) only has a meaning here. */
export function parsePeerAddress(text: string): IpAddress | undefined {
  const zoneAt = text.indexOf('%')
  if (zoneAt < 0) return parseIpAddress(text)
  const unzoned = text.slice(0, zoneAt)
  return unzoned.includes(':') ? parseIpAddress(unzoned) : undefined
}

/** True for `0.0.0.0` and `::`, which are nobody's address. */
export function isUnspecified(address: IpAddress): boolean {
  return address.toByteArray().every((byte) => byte === 0)
}

function readOctets(dotted: string): number[] {
  return dotted.split('.').map(Number)
}

/** The eight groups of `text`, which `isIPv6` has accepted. `::a.b.c.d` stays the IPv6 address that it is. */
function readGroups(text: string): number[] {
  const [left = '', right] = text.split('::')
  const head = readGroupRun(left)
  if (right === undefined) return head
  const tail = readGroupRun(right)
  const zeros = new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0)
  return [...head, ...zeros, ...tail]
}

function readGroupRun(run: string): number[] {
  if (run === '') return []
  return run.split(':').flatMap((group) => {
    if (!group.includes('.')) return [parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = readOctets(group)
    return [(a << 8) | b, (c << 8) | d]
  })
}
