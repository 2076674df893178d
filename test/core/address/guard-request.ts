// Requests as the address guard sees them, without a server.
import type { AddressedRequest } from '@facsimile/core'

export const PROXIES = ['10.0.0.0/8']
/** A peer within PROXIES. */
export const PROXY = '10.0.0.2'

/** A request from `remoteAddress` with these header lines, in this order. */
export function createRequest(
  remoteAddress: string | undefined,
  ...lines: readonly (readonly [name: string, value: string])[]
): AddressedRequest {
  return { socket: { remoteAddress }, rawHeaders: lines.flat() }
}
