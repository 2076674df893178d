// The lists of addresses that services publish, in the forms that are common, as plain lists of ranges.
import { parseAddressRange, type AddressRange } from '@facsimile/core'
import { findRangeLists, memberAt } from './range-lists.js'

/** What a list has that cannot be used, in words that follow the name of the file. */
export class RangeListError extends Error {}

export interface PublishedRanges {
  /** Each once, in order. */
  readonly ranges: readonly AddressRange[]
  /** Lists of ranges in the same file that were not taken, by name. */
  readonly passedOver: readonly string[]
  /** Entries that name one address and mean all its neighbours: 192.0.2.7/24. */
  readonly widened: readonly string[]
}

/** Where Google, AWS, Cloudflare and Fastly have their lists. */
const KNOWN_LISTS = [
  'prefixes',
  'ipv6_prefixes',
  'result.ipv4_cidrs',
  'result.ipv6_cidrs',
  'addresses',
  'ipv6_addresses',
]
/** Where an entry that is an object has its range. */
const RANGE_KEYS = ['ipv4Prefix', 'ipv6Prefix', 'ip_prefix', 'ipv6_prefix', 'cidr']
const FORMS =
  'write ["192.0.2.0/24"], { "prefixes": [{ "ipv4Prefix": "192.0.2.0/24" }] } as Google does, or { "prefixes": [{ "ip_prefix": "192.0.2.0/24" }], "ipv6_prefixes": [] } as AWS does'
const MAX_NAMES = 5

/**
 * The ranges that `list` publishes: those of the lists `names` (`hooks`, `values.0.properties.addressPrefixes`), else of
 * all lists that are known. Throws a RangeListError that names the entry and the remedy.
 */
export function readPublishedRanges(list: unknown, names: readonly string[] = []): PublishedRanges {
  const taken = names.length > 0 ? names : knownListsIn(list)
  const entries = taken.flatMap((name) => entriesOf(list, name))
  const ranges = entries.map(({ where, entry }) => toRange(entry, where))
  if (ranges.length === 0)
    throw new RangeListError(`holds no range, and an empty list would lock the crawler out; ${FORMS}`)
  return {
    ranges: inOrder(ranges),
    passedOver: findRangeLists(list, (item) => rangeIn(item) !== undefined).filter((name) => !taken.includes(name)),
    widened: entries.flatMap(({ entry }, index) => (isWidened(entry, ranges[index]) ? [String(entry)] : [])),
  }
}

/** Each range once: IPv4 before IPv6, then by the address, the wider range first. */
export function inOrder(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const unique = new Map(ranges.map((range) => [range.text, range]))
  return [...unique.values()].sort(compareRanges)
}

export function toRange(entry: unknown, where: string): AddressRange {
  const outcome = parseAddressRange(entry)
  if ('problem' in outcome) throw new RangeListError(`${where} is ${JSON.stringify(entry)}, ${outcome.problem}`)
  return outcome.range
}

/** The empty name is the file itself. */
function knownListsIn(list: unknown): readonly string[] {
  if (Array.isArray(list)) return ['']
  if (typeof list !== 'object' || list === null) throw new RangeListError(`holds ${JSON.stringify(list)}; ${FORMS}`)
  const known = KNOWN_LISTS.filter((name) => memberAt(list, name) !== undefined)
  if (known.length > 0) return known
  const others = findRangeLists(list, (item) => rangeIn(item) !== undefined)
  const [first] = others
  if (first === undefined) throw new RangeListError(`has none of ${KNOWN_LISTS.join(', ')}; ${FORMS}`)
  throw new RangeListError(
    `has ${showNames(others)}, and does not say which of them are the crawler's: name them, as in --list ${first}`,
  )
}

interface Entry {
  readonly where: string
  readonly entry: unknown
}

function entriesOf(list: unknown, name: string): readonly Entry[] {
  const items = memberAt(list, name)
  if (items === undefined) throw new RangeListError(`has no list ${JSON.stringify(name)}; ${nearbyLists(list)}`)
  if (!Array.isArray(items)) throw new RangeListError(`has a \`${name}\` that is no list; ${nearbyLists(list)}`)
  return items.map((item: unknown, index) => {
    const where = `${name}[${index}]`
    return { where, entry: typeof item === 'object' && item !== null ? memberOf(item, where) : item }
  })
}

function nearbyLists(list: unknown): string {
  const names = findRangeLists(list, (item) => rangeIn(item) !== undefined)
  return names.length === 0 ? FORMS : `it has ${showNames(names)}`
}

/** `hooks, web and 10 more`. */
export function showNames(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES
  return `${names.slice(0, MAX_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function memberOf(item: object, where: string): unknown {
  const members = item as Readonly<Record<string, unknown>>
  const found = RANGE_KEYS.filter((key) => members[key] !== undefined)
  if (found.length !== 1)
    throw new RangeListError(
      `has ${found.length === 0 ? 'none' : 'more than one'} of ${RANGE_KEYS.join(', ')} in ${where}; ${FORMS}`,
    )
  return members[found[0] ?? '']
}

function rangeIn(item: unknown): AddressRange | undefined {
  const members = typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>) : undefined
  const entry =
    members === undefined ? item : RANGE_KEYS.map((key) => members[key]).find((value) => value !== undefined)
  const outcome = parseAddressRange(entry)
  return 'range' in outcome ? outcome.range : undefined
}

function isWidened(entry: unknown, range: AddressRange | undefined): boolean {
  const alone = parseAddressRange(String(entry).split('/')[0])
  return 'range' in alone && range !== undefined && alone.range.network.toString() !== range.network.toString()
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  const [bytesA, bytesB] = [a, b].map(({ network }) => Buffer.from(network.toByteArray()))
  if (bytesA === undefined || bytesB === undefined) return 0
  return bytesA.length - bytesB.length || Buffer.compare(bytesA, bytesB) || a.prefixLength - b.prefixLength
}
