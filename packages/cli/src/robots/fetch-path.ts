// The fetch path as a robots.txt rule must spell it, and every reason why a path cannot stand there.
import { usageFailure } from '../failure.js'
import { DEFAULT_FETCH_PATH, type FetchSettings } from '../settings-file.js'

const MAX_PATH_CHARS = 1000

/** RFC 3986 `pchar` and "/", without the two characters that are patterns in robots.txt (RFC 9309, 2.2.3). */
const RULE_PATH = /^\/(?:[\w.~!&'()+,;=:@/-]|%[0-9A-F]{2})*$/

const OBSTACLES: readonly (readonly [RegExp, string])[] = [
  [/^(?!\/)/, 'does not start with "/"'],
  [/\p{Cc}/u, 'holds a line break or another control character'],
  [/\s/, 'holds white space'],
  [/#/, 'holds "#", which starts a comment in robots.txt'],
  [/\?/, 'holds "?"; a rule covers every query already, so give the path alone'],
  [/[*$]/, 'holds "*" or "$", which are patterns in robots.txt'],
  [/\p{Cs}/u, 'holds half a surrogate pair'],
  [/^\/$/, 'is "/", which would close the whole site to crawlers'],
  [/^\/\//, 'starts with "//", which names a host'],
  [/\/(?:\.|%2e){1,2}(?:\/|$)/i, 'holds a "." or ".." segment'],
]

/**
 * `path` in the spelling of a robots.txt rule: what is not ASCII percent-encoded, escapes in capitals.
 * Throws a usage failure that names `source` for a path that would mean something else there, or break the line.
 */
export function robotsPath(path: string, source: string): string {
  const obstacle = OBSTACLES.find(([pattern]) => pattern.test(path))?.[1]
  if (obstacle !== undefined) throw pathFailure(path, source, obstacle)
  if (path.length > MAX_PATH_CHARS)
    throw pathFailure(`${path.slice(0, 40)}…`, source, `is longer than ${MAX_PATH_CHARS} characters`)
  const encoded = path
    .replace(/\P{ASCII}+/gu, encodeURIComponent)
    .replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
  if (!RULE_PATH.test(encoded)) throw pathFailure(path, source, 'holds a character that a URL path cannot hold')
  return encoded
}

/** The distinct paths at which the settings let the fetcher answer: `fetchPath`, and the path within `fetchUrl`. */
export function robotsPaths(settings: FetchSettings): readonly string[] {
  const paths = [robotsPath(settings.fetchPath, 'fetchPath')]
  if (settings.fetchUrl !== undefined) paths.push(robotsPath(pathOfFetchUrl(settings.fetchUrl), 'the path of fetchUrl'))
  return [...new Set(paths)]
}

/** The path of a `fetchUrl` pattern. Where the token is part of the path, what stands before it. */
function pathOfFetchUrl(fetchUrl: string): string {
  const beforeToken = fetchUrl.split('%CacheToken%')[0] ?? ''
  if (!URL.canParse(beforeToken)) {
    throw usageFailure(
      `fetchUrl is ${JSON.stringify(fetchUrl)}, which is no absolute URL`,
      'Write it as "https://s1.example.com/facsimile?t=%CacheToken%".',
    )
  }
  return new URL(beforeToken).pathname
}

function pathFailure(path: string, source: string, obstacle: string) {
  return usageFailure(`${source} ${JSON.stringify(path)} ${obstacle}`, `Choose a path such as ${DEFAULT_FETCH_PATH}.`)
}
