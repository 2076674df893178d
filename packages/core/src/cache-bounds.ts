// The bounds of the providers that keep pages on this machine, checked once.
import type { CacheBounds } from './cache-provider.js'
import { FacsimileError } from './errors.js'

const DEFAULT_MAX_CACHED_PAGES = 10_000
const DEFAULT_MAX_CACHED_BYTES = 256 * 1024 * 1024

// Room for the index is set aside at creation: a million pages cost about 60 MB before the first is stored.
const MOST_CACHED_PAGES = 1_000_000

/** `bounds` with its defaults. Throws `SETTINGS_INVALID` for anything but whole numbers in range. */
export function resolveCacheBounds(bounds: CacheBounds = {}): Required<CacheBounds> {
  const { maxCachedPages = DEFAULT_MAX_CACHED_PAGES, maxCachedBytes = DEFAULT_MAX_CACHED_BYTES } = bounds
  requireWholeNumber('maxCachedPages', maxCachedPages, MOST_CACHED_PAGES)
  requireWholeNumber('maxCachedBytes', maxCachedBytes, Number.MAX_SAFE_INTEGER)
  return Object.freeze({ maxCachedPages, maxCachedBytes })
}

/** The refusal of a page that is larger than the whole cache. */
export function pageTooLarge(bytes: number, maxCachedBytes: number): FacsimileError {
  return new FacsimileError(
    'PAGE_TOO_LARGE',
    `a page of ${bytes} bytes, metadata included, can never fit into maxCachedBytes = ${maxCachedBytes}; raise maxCachedBytes or lower maxPageBytes`,
  )
}

function requireWholeNumber(key: keyof CacheBounds, value: unknown, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return
  const seen = typeof value === 'number' ? String(value) : JSON.stringify(value)
  throw new FacsimileError('SETTINGS_INVALID', `${key} is ${seen}; give a whole number from 1 to ${most}`)
}
