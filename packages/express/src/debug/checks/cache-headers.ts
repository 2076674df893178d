// Reads from a page's headers who may show it again without asking (RFC 9111).

export interface Reuse {
  /** A cache that serves many visitors may. */
  readonly byOthers: boolean
  /** The visitor's own browser may. */
  readonly byBrowser: boolean
}

const NOBODY: Reuse = { byOthers: false, byBrowser: false }

/** Names in small letters. Without a word about it, a page whose validators are gone has no time for which it may be reused. */
export function readReuse(headers: Readonly<Record<string, string>>, nowMs: number): Reuse {
  const directives = readDirectives(headers['cache-control'] ?? '')
  if (directives.has('no-store') || directives.get('no-cache') === '') return NOBODY
  // RFC 9111, 4.2.1: s-maxage, for shared caches alone; else max-age; else Expires.
  const maxAge = secondsOf(directives.get('max-age'))
  const byBrowser = maxAge === undefined ? Date.parse(headers['expires'] ?? '') > nowMs : maxAge > 0
  const shared = secondsOf(directives.get('s-maxage'))
  const byOthers = !directives.has('private') && (shared === undefined ? byBrowser : shared > 0)
  return { byOthers, byBrowser }
}

/** Names and values; a directive without a value has an empty one. */
function readDirectives(cacheControl: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>()
  for (const [, name = '', quoted, token] of cacheControl.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?/g))
    directives.set(name.toLowerCase(), quoted ?? token ?? '')
  return directives
}

/** A value that is no number makes the answer a stale one (RFC 9111, 4.2.1). */
function secondsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  return /^\d+$/.test(value) ? Number(value) : 0
}
