// Tells how the address guard came to its verdict, for whoever has to see why an address is refused.
import {
  createAddressGuard,
  entryReaderOf,
  findHeaderLines,
  parseSource,
  type AddressedRequest,
  type AddressGuardSettings,
} from './address-guard.js'
import { compileAddressRanges } from './address-range.js'
import type { AddressVerdict } from './address-verdict.js'
import { parseIpAddress, parsePeerAddress } from './ip-address.js'

/** One station of the request, as the guard read it. */
export interface AddressHop {
  /** In canonical form; absent where the entry is no address. */
  readonly address?: string
  readonly role: 'trusted proxy' | 'client' | 'unreadable'
}

export interface AddressExplanation {
  readonly verdict: AddressVerdict
  /** The setting `clientAddress.source`, in small letters. */
  readonly source: string
  /** The other end of the connection; absent where there is none, or where it is no address. */
  readonly peer?: string
  /** Whether the peer is a trusted proxy, so that the header counts. */
  readonly peerIsTrusted: boolean
  /** Every line of the header that `source` names, as it came; none for `socket`. */
  readonly lines: readonly string[]
  /** Those that were looked at, from the peer outwards; the last one decided. */
  readonly hops: readonly AddressHop[]
  /** The entry of `allowedAddresses` that admits the client. */
  readonly admittedBy?: string
}

/** Throws as createAddressGuard() does. The verdict is the guard's own; what it costs grows with every list of the settings. */
export function createAddressExplainer(
  settings: AddressGuardSettings,
): (request: AddressedRequest) => AddressExplanation {
  const guard = createAddressGuard(settings)
  const source = parseSource(settings.source)
  const isProxy = compileAddressRanges(settings.trustedProxies ?? [], 'clientAddress.trustedProxies')
  const readEntries = entryReaderOf(source)
  const admitting = (settings.allowedAddresses ?? []).map(
    (entry) => [entry, compileAddressRanges([entry], 'allowedAddresses')] as const,
  )

  function hopsBehind(lines: readonly string[]): readonly AddressHop[] {
    const hops: AddressHop[] = []
    for (const entry of readEntries(lines)) {
      if (entry === undefined) return [...hops, { role: 'unreadable' }]
      const isTrusted = isProxy(entry)
      hops.push({ address: entry.toString(), role: isTrusted ? 'trusted proxy' : 'client' })
      if (!isTrusted) return hops
    }
    // Where all are trusted, the outermost is the client.
    return hops.map((hop, index) => (index === hops.length - 1 ? { ...hop, role: 'client' } : hop))
  }

  function admittedBy({ allowed, clientAddress }: AddressVerdict): string | undefined {
    const client = allowed && clientAddress !== undefined ? parseIpAddress(clientAddress) : undefined
    return client && admitting.find(([, admits]) => admits(client))?.[0]
  }

  return (request) => {
    const verdict = guard(request)
    const peer = parsePeerAddress(request.socket.remoteAddress ?? '')
    const peerIsTrusted = source !== 'socket' && peer !== undefined && isProxy(peer)
    const lines = source === 'socket' ? [] : findHeaderLines(request.rawHeaders, source)
    const entry = admittedBy(verdict)
    const own: AddressHop | undefined = peer && {
      address: peer.toString(),
      role: peerIsTrusted ? 'trusted proxy' : 'client',
    }
    return {
      verdict,
      source,
      ...(peer !== undefined && { peer: peer.toString() }),
      peerIsTrusted,
      lines,
      hops: own === undefined ? [] : [own, ...(peerIsTrusted ? hopsBehind(lines) : [])],
      ...(entry !== undefined && { admittedBy: entry }),
    }
  }
}
