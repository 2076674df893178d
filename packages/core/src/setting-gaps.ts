// What settings allow, and hardly mean: read by the log, the debug page and `facsimile settings check`.
import { compileAddressRanges, parseAddressRange, type AddressPredicate } from './address/address-range.js'
import type { Settings } from './settings.js'
import type { Finding, Refusal } from './words.js'

/** A word of the table. */
export type SettingGap = (
  { readonly kind: 'found'; readonly word: Finding } | { readonly kind: 'refused'; readonly word: Refusal }
) & {
  /** What of the settings is meant, where the word does not say it; without a full stop. */
  readonly said?: string
}

/** In the order in which a reader wants them: who may come, where they are sent, what is idle. Shows no secret. */
export function findSettingGaps(settings: Settings): readonly SettingGap[] {
  return [...gapsOfReach(settings), ...gapsOfFetchUrl(settings), ...gapsOfIdleness(settings), ...gapsOfRoom(settings)]
}

const LOOPBACK = ['127.0.0.0/8', '::1']
/** Ranges wider than this hold more than any one operator's machines. */
const WIDEST_PREFIX = { ipv4: 8, ipv6: 16 }

/** A range such as 0.0.0.0/0, which lets in whoever asks. */
export function isNearlyEverybody(entry: string): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && outcome.range.prefixLength < WIDEST_PREFIX[outcome.range.network.kind()]
}

function gap(word: Finding, said?: string): SettingGap {
  return { kind: 'found', word, ...(said !== undefined && { said }) }
}

function gapsOfReach({ allowedAddresses, clientAddress, allowDebug }: Settings): readonly SettingGap[] {
  const { source, trustedProxies } = clientAddress
  const gaps: SettingGap[] = []
  if (allowedAddresses.length === 0) gaps.push({ kind: 'refused', word: 'allowlist-empty' })
  gaps.push(...allowedAddresses.filter(isNearlyEverybody).map((entry) => gap('allowlist-wide', entry)))
  const isLoopback = compileAddressRanges(LOOPBACK, 'loopback')
  const local = source === 'socket' ? allowedAddresses.filter((entry) => startsAmong(entry, isLoopback)) : []
  if (local.length > 0) gaps.push(gap('allowlist-local', local.join(', ')))
  if (source !== 'socket' && trustedProxies.length === 0) gaps.push(gap('proxies-missing', source))
  gaps.push(...trustedProxies.filter(isNearlyEverybody).map((entry) => gap('proxies-wide', entry)))
  if (allowDebug) gaps.push(gap('debug-allowed'))
  return gaps
}

function startsAmong(entry: string, isAmong: AddressPredicate): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && isAmong(outcome.range.network)
}

/** The query may hold a key of the site's own, so it is not shown. */
function gapsOfFetchUrl({ fetchUrl, fetchPath }: Settings): readonly SettingGap[] {
  if (fetchUrl === undefined) return []
  const { origin, protocol, pathname, searchParams } = new URL(fetchUrl.replaceAll('%CacheToken%', 'token'))
  const gaps: SettingGap[] = []
  if (protocol === 'http:') gaps.push(gap('fetch-url-insecure', origin))
  if (pathname !== fetchPath) gaps.push(gap('fetch-url-elsewhere', `${pathname}, and not ${fetchPath}`))
  else if (searchParams.getAll('t').join() !== 'token') gaps.push(gap('fetch-url-elsewhere', 'no t=%CacheToken%'))
  return gaps
}

function gapsOfIdleness({ snippets, disableCache, disableFilter, sampleRatio }: Settings): readonly SettingGap[] {
  const carriesToken = snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html))
  const gaps: SettingGap[] = []
  if (disableFilter) gaps.push(gap('filter-disabled'))
  else if (snippets.length === 0) gaps.push(gap('no-snippets'))
  else if (!disableCache && !carriesToken)
    gaps.push(gap('fetch-url-missing', 'where the application places `tokenFor` itself, all is well'))
  if (disableCache) gaps.push(gap('cache-disabled'))
  if (sampleRatio === 0) gaps.push(gap('nothing-sampled'))
  return gaps
}

/** The other stores have no such bound. */
function gapsOfRoom({ cacheProvider, maxPageBytes, maxCachedBytes }: Settings): readonly SettingGap[] {
  const isBounded = typeof cacheProvider === 'string' && /^(?:memory|file):/.test(cacheProvider)
  return isBounded && maxPageBytes > maxCachedBytes
    ? [gap('pages-without-room', `${maxPageBytes} bytes, and ${maxCachedBytes}`)]
    : []
}
