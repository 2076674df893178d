// Keeps a page on the internet from sending this command to an address inside somebody's network.
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { compileAddressRanges, parseIpAddress } from '@facsimile/core'

/** Loopback, private, link-local, shared, reserved and multicast ranges, and those that wrap an IPv4 address (RFC 6890). */
const isInside = compileAddressRanges(
  [
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
    '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
    '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8',
  ],
  'private addresses',
) // prettier-ignore

/** What cannot be read as an address does not count as public. */
export function isPublicAddress(text: string): boolean {
  const address = parseIpAddress(text)
  return address !== undefined && !isInside(address)
}

/** The host of `url` when it is an address that is not public; names are judged when they are resolved. */
export function insideAddressIn(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !isPublicAddress(host) ? host : undefined
}

export class InsideAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} has the address ${address}, which is not on the internet`)
  }
}

/** Resolves as usual and refuses a name with any address that is not public. The answer is what the socket connects to. */
export const lookupPublicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '')
      return
    }
    const inside = addresses.find(({ address }) => !isPublicAddress(address))
    if (inside !== undefined) callback(new InsideAddressError(hostname, inside.address), '')
    else if (options.all === true) callback(null, addresses)
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  })
}
