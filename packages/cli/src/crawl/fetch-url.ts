// Finds the fetch URL that Facsimile put into a page, as the tracking code in a browser would come by it.
import { parsePageToken, type PageToken } from '@facsimile/core'
import { failure } from '../failure.js'
import { formatCookieHeader, parseCookieHeader } from './cookie-jar.js'
import { showUrl } from './shown-url.js'

/** Where in the page the URL stood; an assignment is what the crawler goes by, so it comes first. */
type FetchUrlSource = 'ClickTaleFetchFrom' | 'meta' | 'literal'

export interface FetchUrl {
  /** Without fragment. */
  readonly url: URL
  readonly token: PageToken | undefined
  /** What the crawler sends as its Cookie header. */
  readonly cookies: ReadonlyMap<string, string>
  readonly source: FetchUrlSource
  /** The position of the URL in the page, in bytes. */
  readonly offset: number
}

interface Candidate {
  readonly text: string
  readonly source: FetchUrlSource
  readonly offset: number
}

const SOURCES: readonly FetchUrlSource[] = ['ClickTaleFetchFrom', 'meta', 'literal']
const MAX_CANDIDATES = 1000
const MAX_URL_CHARS = 4096

const ASSIGNMENT = /\bClickTaleFetchFrom\s{0,20}=\s{0,20}(?:new\s{1,20}URL\(\s{0,20})?(["'`])/g
const META = /<meta\s[^>]{0,5000}>/gi
const ATTRIBUTE = /([^\s"'=<>/]{1,100})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g
/** A token behind `t=`, however a script or an attribute may escape the equals sign. */
const TOKEN_PARAMETER = /t(?:=|\\u003d|\\x3d|&#61;|&#x3d;)[\w-]{32}(?![\w-])/gi

/**
 * The distinct fetch URLs of `page`, those that the crawler would prefer first. A URL in any other place than an
 * assignment or the meta element counts when its path is one of `paths` and its `t` is a token.
 */
export function findFetchUrls(page: Buffer, pageUrl: URL, paths: readonly string[]): readonly FetchUrl[] {
  // One character for each byte: a fetch URL is ASCII, and so are its surroundings, in every charset that pages use.
  const text = page.toString('latin1')
  const candidates = [...assignments(text), ...metaElements(text), ...tokenLiterals(text)]
  const found = candidates.flatMap((candidate) => resolveCandidate(candidate, pageUrl, paths) ?? [])
  const ordered = found.sort((a, b) => SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source) || a.offset - b.offset)
  const first = new Map<string, FetchUrl>()
  for (const fetchUrl of ordered) if (!first.has(fetchUrl.url.href)) first.set(fetchUrl.url.href, fetchUrl)
  return [...first.values()]
}

/** The fetch URL for people to read: the last four characters of its token, and the names of its cookies. */
export function showFetchUrl({ url, token, cookies }: FetchUrl): string {
  const shown = showUrl(url, token)
  return cookies.size === 0 ? shown : `${shown} (with the cookies ${[...cookies.keys()].join(', ')})`
}

function* assignments(text: string): Generator<Candidate> {
  for (const match of limited(text.matchAll(ASSIGNMENT))) {
    const start = match.index + match[0].length
    const literal = literalFrom(text, start, match[1] ?? '')
    if (literal !== undefined) yield { text: unescapeScript(literal), source: 'ClickTaleFetchFrom', offset: start }
  }
}

function* metaElements(text: string): Generator<Candidate> {
  for (const match of limited(text.matchAll(META))) {
    const attributes = new Map(
      Array.from(
        match[0].matchAll(ATTRIBUTE),
        ([, name = '', double = '', single = '', bare = '']) => [name.toLowerCase(), double || single || bare] as const,
      ),
    )
    const content = attributes.get('content')
    if (attributes.get('name')?.toLowerCase() !== 'facsimile-fetch-url' || content === undefined) continue
    yield {
      text: unescapeMarkup(content),
      source: 'meta',
      offset: match.index + Math.max(0, match[0].indexOf(content)),
    }
  }
}

/** Every string literal or attribute value around a token. */
function* tokenLiterals(text: string): Generator<Candidate> {
  for (const match of limited(text.matchAll(TOKEN_PARAMETER))) {
    const start = startOfValue(text, match.index)
    const opening = text.slice(start - 1, start)
    if (isQuote(opening)) {
      const literal = literalFrom(text, start, text[start - 2] === '\\' ? `\\${opening}` : opening)
      if (literal !== undefined)
        yield { text: unescapeMarkup(unescapeScript(literal)), source: 'literal', offset: start }
      continue
    }
    const name = /^[\w:.-]+=/.exec(text.slice(start, match.index))?.[0] ?? ''
    const value = /^[^\s"'`<>]*/.exec(text.slice(start + name.length, start + MAX_URL_CHARS))?.[0] ?? ''
    if (name !== '') yield { text: unescapeMarkup(value), source: 'literal', offset: start + name.length }
  }
}

/** Back from a position inside a URL to behind the quote, white space, bracket or tag before it. */
function startOfValue(text: string, from: number): number {
  let at = from
  while (at > 0 && from - at < MAX_URL_CHARS && !/[\s"'`<>()]/.test(text[at - 1] ?? '')) at -= 1
  return at
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'" || character === '`'
}

function* limited<T>(values: Iterable<T>): Generator<T> {
  let seen = 0
  for (const value of values) {
    if (seen++ >= MAX_CANDIDATES) return
    yield value
  }
}

/** What stands between `start` and the next `closing` (a quote, or one behind a backslash); `undefined` when the line ends before it. */
function literalFrom(text: string, start: number, closing: string): string | undefined {
  for (let at = start; at < text.length && at - start < MAX_URL_CHARS; at += 1) {
    if (text.startsWith(closing, at)) return text.slice(start, at)
    if (text[at] === '\n' || text[at] === '\r') return undefined
    if (text[at] === '\\') at += 1
  }
  return undefined
}

function unescapeScript(literal: string): string {
  return literal.replace(
    /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([^]))/gi,
    (_, braced?: string, four?: string, two?: string, plain?: string) => {
      const code = Number.parseInt(braced ?? four ?? two ?? '', 16)
      return Number.isNaN(code) || code > 0x10ffff ? (plain ?? '') : String.fromCodePoint(code)
    },
  )
}

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' }

function unescapeMarkup(value: string): string {
  return value.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|quot|apos|lt|gt));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return REFERENCES[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

function resolveCandidate(
  { text, source, offset }: Candidate,
  pageUrl: URL,
  paths: readonly string[],
): FetchUrl | undefined {
  if (text === '' || !URL.canParse(text, pageUrl.href)) return undefined
  const url = new URL(text, pageUrl.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  const tokens = url.searchParams.getAll('t')
  const token = tokens.length === 1 ? parsePageToken(tokens[0]) : undefined
  if (source === 'literal' && (token === undefined || !paths.includes(url.pathname))) return undefined
  const cookies = cookiesIn(url.hash)
  url.hash = ''
  return { url, token, cookies, source, offset }
}

/** The cookies in `#CTFetchCookies=a%3Db%3Bc%3Dd%3B`, which may stand behind other parts and `&`. */
function cookiesIn(fragment: string): ReadonlyMap<string, string> {
  const part = fragment
    .slice(1)
    .split('&')
    .find((text) => text.startsWith('CTFetchCookies='))
  if (part === undefined) return new Map()
  const cookies = decodeCookies(part.slice('CTFetchCookies='.length))
  if (cookies === undefined) {
    throw failure(
      'CTFetchCookies in the fetch URL of the page holds something that is no list of cookies',
      'Its form is encodeURIComponent("name=value;other=value;"). Check stickyCookies in the settings.',
    )
  }
  return cookies
}

function decodeCookies(encoded: string): Map<string, string> | undefined {
  try {
    return parseCookieHeader(decodeURIComponent(encoded))
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** The Cookie header that the crawler sends; `undefined` without cookies. */
export function crawlerCookies({ cookies }: FetchUrl): string | undefined {
  return cookies.size === 0 ? undefined : formatCookieHeader(cookies)
}
