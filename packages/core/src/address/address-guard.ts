// Decides whose request it is, and whether that client may fetch pages.
import { LRUCache } from 'lru-cache'
import { FacsimileError } from '../errors.js'
import { readAddressListFromRight } from './address-list-header.js'
import { compileAddressRanges, type AddressPredicate } from './address-range.js'
import type { Refusal } from '../words.js'
import type { AddressVerdict } from './address-verdict.js'
import { readForwardedFromRight } from './forwarded-header.js'
import { isHeaderToken } from './header-token.js'
import { isUnspecified, parsePeerAddress, type IpAddress } from './ip-address.js'
import { showValue } from './show-value.js'

export interface ClientAddressSettings {
  /**
   * Where the client's address stands: `socket`, `x-forwarded-for`, `forwarded` (RFC 7239) or the name of any other
   * header, which is read like `x-forwarded-for`. Upper and lower case are the same. @default 'socket'
   */
  readonly source: string
  /** Addresses and ranges of the proxies whose header is believed. Without any, no header ever is. @default [] */
  readonly trustedProxies: readonly string[]
}

export interface AddressGuardSettings extends Partial<ClientAddressSettings> {
  /** Addresses and ranges of the clients that are admitted; empty admits nobody. @default [] */
  readonly allowedAddresses?: readonly string[]
}

/** The parts of a request that the guard reads; any `http.IncomingMessage` has them. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
}

/** Never throws. Its time grows in proportion to the one header that it reads, and to the lists of the settings. */
export type AddressGuard = (request: AddressedRequest) => AddressVerdict

/** From the entry of the nearest proxy outwards; `undefined` is one that is no address. */
type EntryReader = (lines: readonly string[]) => Iterable<IpAddress | undefined>

interface Peer {
  readonly isTrusted: boolean
  /** The verdict when the peer itself is the client. */
  readonly verdict: AddressVerdict
}

/** Peers whose verdict is remembered; a crawler and its proxies are few. */
const MAX_REMEMBERED_PEERS = 512
/** An address, `%` and the name of an interface; anything longer did not come from the operating system. */
const MAX_PEER_CHARS = 128

/**
 * Compiles the settings to a function of the request. The client is the peer; or, when `source` names a header and the
 * peer is a trusted proxy, the rightmost address of that header that is no trusted proxy. Whatever cannot be read is
 * denied. Throws `ADDRESS_INVALID` for a bad entry of a list and `SETTINGS_INVALID` for a bad `source`.
 */
export function createAddressGuard(settings: AddressGuardSettings): AddressGuard {
  const source = parseSource(settings.source)
  const trustedProxies = settings.trustedProxies ?? []
  const allowedAddresses = settings.allowedAddresses ?? []
  const isProxy = compileAddressRanges(trustedProxies, 'clientAddress.trustedProxies')
  const isAllowed = compileAddressRanges(allowedAddresses, 'allowedAddresses')
  const isHeaderBelieved = source !== 'socket' && trustedProxies.length > 0
  const readEntries = entryReaderOf(source)
  const notListed: Refusal = allowedAddresses.length === 0 ? 'allowlist-empty' : 'not-listed'

  function judge(client: IpAddress): AddressVerdict {
    const clientAddress = client.toString()
    return Object.freeze<AddressVerdict>(
      isAllowed(client)
        ? { clientAddress, allowed: true, reason: 'allowed' }
        : { clientAddress, allowed: false, reason: notListed },
    )
  }

  function judgePeer(text: string): Peer {
    const address = parsePeerAddress(text)
    if (address === undefined || isUnspecified(address)) return PEER_INVALID
    const verdict = judge(address)
    const isTrusted = isHeaderBelieved && isProxy(address)
    if (source === 'socket' || verdict.reason !== 'not-listed') return { isTrusted, verdict }
    return { isTrusted, verdict: Object.freeze<AddressVerdict>({ ...verdict, reason: 'peer-not-trusted' }) }
  }

  const peers = new LRUCache<string, Peer>({ max: MAX_REMEMBERED_PEERS, memoMethod: judgePeer })
  // Behind a proxy, one request comes from the same peer as the last.
  let latestText = ''
  let latest: Peer = PEER_INVALID

  function peerOf(text: string): Peer {
    if (text === latestText) return latest
    latest = text.length > MAX_PEER_CHARS ? PEER_INVALID : peers.memo(text)
    latestText = text
    return latest
  }

  return function guardAddress(request) {
    const peerText = request.socket.remoteAddress
    if (peerText === undefined || peerText === '') return NO_PEER
    const peer = peerOf(peerText)
    if (!peer.isTrusted) return peer.verdict

    const lines = findHeaderLines(request.rawHeaders, source)
    if (lines.length === 0) return HEADER_MISSING
    const client = pickClient(readEntries(lines), isProxy)
    if (client === 'header-missing') return HEADER_MISSING
    if (client === 'header-invalid') return HEADER_INVALID
    return judge(client)
  }
}

const NO_LINES: readonly string[] = []

const NO_PEER = deny('no-peer')
const PEER_INVALID: Peer = { isTrusted: false, verdict: deny('peer-invalid') }
const HEADER_MISSING = deny('header-missing')
const HEADER_INVALID = deny('header-invalid')

function deny(reason: Refusal): AddressVerdict {
  return Object.freeze<AddressVerdict>({ allowed: false, reason })
}

/** The first entry from the right that is no trusted proxy; when all are, the leftmost. */
function pickClient(
  entriesFromRight: Iterable<IpAddress | undefined>,
  isProxy: AddressPredicate,
): IpAddress | 'header-missing' | 'header-invalid' {
  let leftmost: IpAddress | undefined
  for (const entry of entriesFromRight) {
    // Never step over it: what stands further left may have been written by the client.
    if (entry === undefined) return 'header-invalid'
    if (!isProxy(entry)) return entry
    leftmost = entry
  }
  return leftmost ?? 'header-missing'
}

export function entryReaderOf(source: string): EntryReader {
  return source === 'forwarded' ? readForwardedFromRight : readAddressListFromRight
}

/** Every line of the header, in order. Node's joined `headers` keeps only the first of some duplicates. */
export function findHeaderLines(rawHeaders: readonly string[], name: string): readonly string[] {
  let lines: string[] | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const lineName = rawHeaders[at] ?? ''
    if (lineName.length !== name.length || lineName.toLowerCase() !== name) continue
    lines ??= []
    lines.push(rawHeaders[at + 1] ?? '')
  }
  return lines ?? NO_LINES
}

/** The source in small letters. Throws `SETTINGS_INVALID` for what is no header name. */
export function parseSource(source: unknown = 'socket'): string {
  if (typeof source === 'string' && isHeaderToken(source)) return source.toLowerCase()
  throw new FacsimileError(
    'SETTINGS_INVALID',
    `clientAddress.source is ${showValue(source)}, which is no header name; ` +
      'use "socket", "x-forwarded-for", "forwarded" or the name of the header that your proxy sets',
  )
}
