// Headers that list addresses with commas: `X-Forwarded-For`, and any custom header such as `X-Real-IP`.
import { parseForwardedNode } from './forwarded-node.js'
import type { IpAddress } from './ip-address.js'
import { trimOws } from './optional-white-space.js'

/**
 * The entries of all lines from the last to the first, each parsed only when it is asked for: what stands left of the
 * entry that decides was written by strangers, costs nothing and may be junk. `undefined` is an entry that is no
 * address; empty list items are none (RFC 9110, 5.6.1.2).
 */
export function* readAddressListFromRight(lines: readonly string[]): Generator<IpAddress | undefined> {
  for (const line of lines.toReversed()) {
    let end = line.length
    while (end >= 0) {
      // `lastIndexOf` takes a negative start for 0, where a leading comma would be found again.
      const commaAt = end === 0 ? -1 : line.lastIndexOf(',', end - 1)
      const entry = trimOws(line.slice(commaAt + 1, end))
      if (entry !== '') yield parseForwardedNode(entry, 'plain')
      end = commaAt
    }
  }
}
