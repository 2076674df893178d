// Lists of addresses and ranges, as settings hold them, compiled to one predicate.
import ipaddr from 'ipaddr.js'
import { FacsimileError } from '../errors.js'
import { parseIpAddress, type IpAddress } from './ip-address.js'
import { showValue } from './show-value.js'

/** One entry of a list: an address and all its neighbours that share the first `prefixLength` bits. */
export interface AddressRange {
  readonly network: IpAddress
  readonly prefixLength: number
  /** The normal form, host bits cleared: `10.0.0.0/8`, `2001:db8::/32`, `203.0.113.9/32`. */
  readonly text: string
}

/** Whether an address is in at least one range of a list. IPv4 and IPv6 never meet: `::/0` holds no IPv4 address. */
export type AddressPredicate = (address: IpAddress) => boolean

const REMEDY = 'write an address such as "203.0.113.9" or a range such as "203.0.113.0/24" or "2001:db8::/32"'

/** The ways of writing an address in an entry, and the prefix lengths that each allows. */
const FORMS = {
  ipv4: { name: 'an IPv4 address', shortest: 0, longest: 32 },
  ipv6: { name: 'an IPv6 address', shortest: 0, longest: 128 },
  // ::ffff:0:0/96 is all of IPv4; anything shorter would reach beyond it.
  mapped: { name: 'an IPv4-mapped address', shortest: 96, longest: 128 },
}

/**
 * Compiles the list that stands under `settingName`. An empty list holds nobody. Throws `ADDRESS_INVALID`, naming the
 * setting, the entry and the remedy, for an entry that is no address or range, and `SETTINGS_INVALID` for no list.
 */
export function compileAddressRanges(entries: readonly string[], settingName: string): AddressPredicate {
  if (!isList(entries)) {
    const remedy = 'it must be a list of addresses and ranges, such as ["203.0.113.0/24"]'
    throw new FacsimileError('SETTINGS_INVALID', `${settingName} is ${showValue(entries)}; ${remedy}`)
  }
  // `Array.from`, because `map` would step over the holes of a sparse list.
  const ranges = Array.from(entries, (entry, index) => {
    const outcome = parseAddressRange(entry)
    if ('range' in outcome) return outcome.range
    throw new FacsimileError('ADDRESS_INVALID', `${settingName}[${index}] is ${showValue(entry)}, ${outcome.problem}`)
  })
  return (address) => ranges.some((range) => isInRange(address, range))
}

/** Reads one entry: the range, or the problem with its remedy. An IPv4-mapped entry becomes the IPv4 range it means. */
export function parseAddressRange(entry: unknown): { range: AddressRange } | { problem: string } {
  if (typeof entry !== 'string') return { problem: `which is no text; ${REMEDY}` }
  if (entry.includes('%')) return { problem: 'which has a zone id; zones differ from host to host, so leave it out' }

  const slashAt = entry.indexOf('/')
  const addressText = slashAt < 0 ? entry : entry.slice(0, slashAt)
  const address = parseIpAddress(addressText)
  if (address === undefined) return { problem: `which is no IP address or range; ${REMEDY}` }

  const form = address.kind() === 'ipv6' ? FORMS.ipv6 : addressText.includes(':') ? FORMS.mapped : FORMS.ipv4
  const prefixLength = slashAt < 0 ? form.longest : parsePrefixLength(entry.slice(slashAt + 1))
  if (prefixLength === undefined || prefixLength < form.shortest || prefixLength > form.longest) {
    return { problem: `whose prefix is wrong; after ${form.name} write "/${form.shortest}" to "/${form.longest}"` }
  }
  return { range: createRange(address, form === FORMS.mapped ? prefixLength - form.shortest : prefixLength) }
}

function parsePrefixLength(text: string): number | undefined {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : undefined
}

function createRange(address: IpAddress, prefixLength: number): AddressRange {
  // The canonical text is one that ipaddr.js cannot misread.
  const family = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const network = family.networkAddressFromCIDR(`${address.toString()}/${prefixLength}`)
  return { network, prefixLength, text: `${network.toString()}/${prefixLength}` }
}

function isInRange(address: IpAddress, { network, prefixLength }: AddressRange): boolean {
  // Kinds first: `match` throws across them.
  return address.kind() === network.kind() && address.match(network, prefixLength)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
