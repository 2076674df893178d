// What settings may say, and probably should not.
import { compileAddressRanges, parseAddressRange, type Settings } from '@facsimile/core'

/** One sentence each: what is so, and what to write instead. */
export function findWarnings(settings: Settings): readonly string[] {
  return [...warnOfReach(settings), ...warnOfFetchUrl(settings), ...warnOfIdleness(settings)]
}

const isLoopback = compileAddressRanges(['127.0.0.0/8', '::1'], 'loopback')
/** Ranges wider than this hold more than any one operator's machines. */
const WIDEST_PREFIX = { ipv4: 8, ipv6: 16 }

/** A range such as 0.0.0.0/0, which lets in whoever asks. */
export function isNearlyEverybody(entry: string): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && outcome.range.prefixLength < WIDEST_PREFIX[outcome.range.network.kind()]
}

function warnOfReach({ allowedAddresses, clientAddress, allowDebug }: Settings): readonly string[] {
  const { source, trustedProxies } = clientAddress
  const warnings: string[] = []
  if (allowedAddresses.length === 0)
    warnings.push(
      "`allowedAddresses` is empty, so nobody may fetch a page: write the addresses of the service's crawler",
    )
  for (const entry of allowedAddresses.filter(isNearlyEverybody))
    warnings.push(
      `\`allowedAddresses\` has ${entry}, which lets nearly everybody fetch private pages: write the addresses of the crawler alone`,
    )
  if (source === 'socket' && allowedAddresses.some(holdsLoopback))
    warnings.push(
      'this machine is among `allowedAddresses`: behind a proxy on it every visitor would come from there; set `clientAddress`, or take it out',
    )
  if (source !== 'socket' && trustedProxies.length === 0)
    warnings.push(
      `\`clientAddress.source\` is ${source} and \`clientAddress.trustedProxies\` is empty, so the header never counts and everybody is refused: write the addresses of the proxies`,
    )
  for (const entry of trustedProxies.filter(isNearlyEverybody))
    warnings.push(
      `\`clientAddress.trustedProxies\` has ${entry}, so whoever sends the header chooses his own address: write the addresses of the proxies alone`,
    )
  if (allowDebug)
    warnings.push(
      '`allowDebug` is on, so allowed addresses see the troubleshooting page: switch it off when you are done',
    )
  return warnings
}

function holdsLoopback(entry: string): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && isLoopback(outcome.range.network)
}

function warnOfFetchUrl({ fetchUrl, fetchPath }: Settings): readonly string[] {
  if (fetchUrl === undefined) return []
  const { protocol, pathname, searchParams } = new URL(fetchUrl.replaceAll('%CacheToken%', 'token'))
  const warnings: string[] = []
  if (protocol === 'http:')
    warnings.push('`fetchUrl` is plain HTTP, so private pages cross the network in the clear: write it with https')
  if (pathname !== fetchPath || searchParams.get('t') !== 'token')
    warnings.push(
      `\`fetchUrl\` does not lead to ${fetchPath}?t=%CacheToken%: unless a proxy rewrites it, the crawler will not find the fetcher`,
    )
  return warnings
}

function warnOfIdleness(settings: Settings): readonly string[] {
  const { snippets, disableCache, disableFilter, sampleRatio, maxPageBytes, maxCachedBytes } = settings
  const carriesToken = snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html))
  const warnings: string[] = []
  if (disableFilter) warnings.push('`disableFilter` is on, so no snippet is inserted')
  if (disableCache) warnings.push('`disableCache` is on, so no page is stored')
  if (sampleRatio === 0) warnings.push('`sampleRatio` is 0, so no first view is recorded')
  if (!disableCache && !disableFilter && !carriesToken)
    warnings.push(
      'no snippet has %FetchUrl% or %CacheToken%, so the crawler finds stored pages only where the application places `tokenFor(res)` itself',
    )
  if (maxPageBytes > maxCachedBytes)
    warnings.push(
      '`maxPageBytes` is more than `maxCachedBytes`, so that the longest pages have no room in the `memory:` and `file:` providers',
    )
  return warnings
}
