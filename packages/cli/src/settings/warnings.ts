// What settings may say, and probably should not: each in a word of the one table.
import { compileAddressRanges, parseAddressRange, type Settings } from '@facsimile/core'
import type { Word } from '../crawl/word.js'

export interface Warning {
  readonly word: Word
  /** What of the settings is meant, where the word does not say it; without a full stop. */
  readonly said?: string
}

export function findWarnings(settings: Settings): readonly Warning[] {
  return [...warnOfReach(settings), ...warnOfFetchUrl(settings), ...warnOfIdleness(settings), ...warnOfRoom(settings)]
}

const isLoopback = compileAddressRanges(['127.0.0.0/8', '::1'], 'loopback')
/** Ranges wider than this hold more than any one operator's machines. */
const WIDEST_PREFIX = { ipv4: 8, ipv6: 16 }

/** A range such as 0.0.0.0/0, which lets in whoever asks. */
export function isNearlyEverybody(entry: string): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && outcome.range.prefixLength < WIDEST_PREFIX[outcome.range.network.kind()]
}

function warning(word: Extract<Word, { kind: 'found' }>['word'], said?: string): Warning {
  return { word: { kind: 'found', word }, ...(said !== undefined && { said }) }
}

function warnOfReach({ allowedAddresses, clientAddress, allowDebug }: Settings): readonly Warning[] {
  const { source, trustedProxies } = clientAddress
  const warnings: Warning[] = []
  if (allowedAddresses.length === 0) warnings.push({ word: { kind: 'refused', word: 'allowlist-empty' } })
  warnings.push(...allowedAddresses.filter(isNearlyEverybody).map((entry) => warning('allowlist-wide', entry)))
  const local = source === 'socket' ? allowedAddresses.filter(holdsLoopback) : []
  if (local.length > 0) warnings.push(warning('allowlist-local', local.join(', ')))
  if (source !== 'socket' && trustedProxies.length === 0) warnings.push(warning('proxies-missing', source))
  warnings.push(...trustedProxies.filter(isNearlyEverybody).map((entry) => warning('proxies-wide', entry)))
  if (allowDebug) warnings.push(warning('debug-allowed'))
  return warnings
}

function holdsLoopback(entry: string): boolean {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome && isLoopback(outcome.range.network)
}

/** The query may hold a key of the site's own, so it is not shown. */
function warnOfFetchUrl({ fetchUrl, fetchPath }: Settings): readonly Warning[] {
  if (fetchUrl === undefined) return []
  const { origin, protocol, pathname, searchParams } = new URL(fetchUrl.replaceAll('%CacheToken%', 'token'))
  const warnings: Warning[] = []
  if (protocol === 'http:') warnings.push(warning('fetch-url-insecure', origin))
  if (pathname !== fetchPath) warnings.push(warning('fetch-url-elsewhere', `${pathname}, and not ${fetchPath}`))
  else if (searchParams.get('t') !== 'token') warnings.push(warning('fetch-url-elsewhere', 'no t=%CacheToken%'))
  return warnings
}

function warnOfIdleness({ snippets, disableCache, disableFilter, sampleRatio }: Settings): readonly Warning[] {
  const carriesToken = snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html))
  const warnings: Warning[] = []
  if (disableFilter) warnings.push(warning('filter-disabled'))
  else if (snippets.length === 0) warnings.push(warning('no-snippets'))
  else if (!disableCache && !carriesToken)
    warnings.push(warning('fetch-url-missing', 'where the application places `tokenFor` itself, all is well'))
  if (disableCache) warnings.push(warning('cache-disabled'))
  if (sampleRatio === 0) warnings.push(warning('nothing-sampled'))
  return warnings
}

/** The other stores have no such bound. */
function warnOfRoom({ cacheProvider, maxPageBytes, maxCachedBytes }: Settings): readonly Warning[] {
  const isBounded = typeof cacheProvider === 'string' && /^(?:memory|file):/.test(cacheProvider)
  return isBounded && maxPageBytes > maxCachedBytes
    ? [warning('pages-without-room', `${maxPageBytes} bytes, and ${maxCachedBytes}`)]
    : []
}
