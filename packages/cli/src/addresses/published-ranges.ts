// The lists of addresses that services publish, in the forms that are common, as plain lists of ranges.
import { parseAddressRange, type AddressRange } from '@facsimile/core'

/** What a list has that cannot be used, in words that follow the name of the file. */
export class RangeListError extends Error {}

/** Where the entries stand in an object, and under which names each has its range. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  prefixes: ['ipv4Prefix', 'ipv6Prefix', 'ip_prefix', 'ipv6_prefix'],
  ipv6_prefixes: ['ipv6_prefix'],
}
const FORMS =
  'write ["192.0.2.0/24"], { "prefixes": [{ "ipv4Prefix": "192.0.2.0/24" }] } as Google does, or { "prefixes": [{ "ip_prefix": "192.0.2.0/24" }], "ipv6_prefixes": [] } as AWS does'

/** The ranges that `list` publishes, each once, in order. Throws a RangeListError that names the entry and the remedy. */
export function readPublishedRanges(list: unknown): readonly AddressRange[] {
  const ranges = entriesOf(list).map(({ where, entry }) => toRange(entry, where))
  if (ranges.length === 0)
    throw new RangeListError(`holds no range, and an empty list would lock the crawler out; ${FORMS}`)
  return inOrder(ranges)
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

interface Entry {
  readonly where: string
  readonly entry: unknown
}

function entriesOf(list: unknown): readonly Entry[] {
  if (Array.isArray(list)) return list.map((entry: unknown, index) => ({ where: `[${index}]`, entry }))
  if (typeof list !== 'object' || list === null) throw new RangeListError(`holds ${JSON.stringify(list)}; ${FORMS}`)
  const members = list as Readonly<Record<string, unknown>>
  const known = Object.entries(LISTS).filter(([name]) => members[name] !== undefined)
  if (known.length === 0) throw new RangeListError(`has none of ${Object.keys(LISTS).join(', ')}; ${FORMS}`)
  return known.flatMap(([name, keys]) => {
    const items = members[name]
    if (!Array.isArray(items)) throw new RangeListError(`has a \`${name}\` that is no list; ${FORMS}`)
    return items.map((item: unknown, index) => ({
      where: `${name}[${index}]`,
      entry: rangeIn(item, keys, `${name}[${index}]`),
    }))
  })
}

function rangeIn(item: unknown, keys: readonly string[], where: string): unknown {
  const members = typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>) : {}
  const found = keys.filter((key) => members[key] !== undefined)
  if (found.length !== 1)
    throw new RangeListError(
      `has ${found.length === 0 ? 'none' : 'more than one'} of ${keys.join(', ')} in ${where}; ${FORMS}`,
    )
  return members[found[0] ?? '']
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  const [bytesA, bytesB] = [a, b].map(({ network }) => Buffer.from(network.toByteArray()))
  if (bytesA === undefined || bytesB === undefined) return 0
  return bytesA.length - bytesB.length || Buffer.compare(bytesA, bytesB) || a.prefixLength - b.prefixLength
}
