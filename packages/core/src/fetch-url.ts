// The URL under which the crawler finds the stored copy of one page, as the page itself carries it.
import type { PageToken } from './page-token.js'

export interface FetchUrlSettings {
  readonly fetchPath: string
  /** An absolute pattern with `%CacheToken%`, where every server of a farm has a host of its own. */
  readonly fetchUrl?: string | undefined
  /** Names of the cookies that pin a visitor to a server. */
  readonly stickyCookies: readonly string[]
}

/** Path and query by default, so that the page's own scheme and host count; the Host header is never read. */
export function createFetchUrlBuilder(settings: FetchUrlSettings) {
  const pattern = settings.fetchUrl ?? `${settings.fetchPath}?t=%CacheToken%`
  const [before = '', ...rest] = pattern.split('%CacheToken%')
  const names = settings.stickyCookies
  return (token: PageToken, cookieHeader: string | undefined): string => {
    let url = before
    for (const part of rest) url += token + part
    return names.length === 0 || cookieHeader === undefined ? url : url + stickyFragment(names, cookieHeader)
  }
}

/** `#CTFetchCookies=` and the URL-encoded list of `name=value;` pairs: the crawler sends them back as its cookies. */
function stickyFragment(names: readonly string[], cookieHeader: string): string {
  const pairs = names.flatMap((name) =>
    cookieValues(cookieHeader, name)
      .slice(0, 1)
      .map((value) => `${name}=${value};`),
  )
  // Node reads headers as Latin-1; as UTF-8, the text is what a script in the page would have seen.
  const text = Buffer.from(pairs.join(''), 'latin1').toString()
  return pairs.length === 0 ? '' : `#CTFetchCookies=${encodeURIComponent(text)}`
}

/** Every value that a Cookie header gives to `name`, as sent: not decoded, quotes kept (RFC 6265, 4.2.1). */
export function cookieValues(header: string, name: string): readonly string[] {
  if (!header.includes(name)) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim())
  }
  return values
}

/** What stands in a string literal as it is. */
const PLAIN = /^[\w/?=:.~%#,;@+-]*$/

/**
 * A JavaScript string literal, quotes included, in ASCII whatever the page's charset. It is safe in an inline script and
 * in an attribute between single quotes: it can end neither.
 */
export function toScriptString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(/[<>&'\x7f-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
