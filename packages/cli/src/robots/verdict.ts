// May a crawler fetch the path? The answer is robots-parser's; this file only asks it the right questions.
import { createHash } from 'node:crypto'
import robotsParser from 'robots-parser'

export interface Verdict {
  readonly userAgent: string
  readonly path: string
  readonly isAllowed: boolean
  /** The line (from 1) of the rule that decided; `undefined` when no rule speaks of the path. */
  readonly line: number | undefined
}

export interface Judge {
  /** Allowed as soon as a single fetch URL under `path` is. */
  judge(userAgent: string, path: string): Verdict
  /** Whether this crawler has no group of its own and so obeys the group of `*`. */
  obeysStar(userAgent: string): boolean
}

// The package is CommonJS and exports the function itself; its types claim an ES module.
const parseRobots = robotsParser as unknown as typeof robotsParser.default

const ROBOTS_URL = '/robots.txt'

/** Two tokens that between them hold every character a token can hold. */
const SAMPLE_TOKENS = ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef', 'ghijklmnopqrstuvwxyz0123456789-_']

const MAX_NAMED_TOKENS = 100

export function createJudge(text: string): Judge {
  const robots = parseRobots(ROBOTS_URL, text)
  const tokens = [...SAMPLE_TOKENS, ...tokensThatRulesName(text)]
  // Longer than any Allow is likely to be, and no path that a site has.
  const marker = `/${createHash('sha256').update(text).digest('hex')}`
  // The line without meaning ends a last group that has no rules, which would otherwise take the marker for itself.
  const marked = parseRobots(ROBOTS_URL, `${text}\nx:\nUser-agent: *\nDisallow: ${marker}\n`)
  const markerLine = marked.getMatchingLineNumber(marker, '*')
  return {
    judge(userAgent, path) {
      const urls = tokens.map((token) => `${path}?t=${token}`)
      const open = urls.find((url) => robots.isAllowed(url, userAgent) !== false)
      const line = robots.getMatchingLineNumber(open ?? urls[0] ?? path, userAgent)
      return { userAgent, path, isAllowed: open !== undefined, line: line > 0 ? line : undefined }
    },
    obeysStar: (userAgent) => marked.getMatchingLineNumber(marker, userAgent) === markerLine,
  }
}

/** Tokens that a rule such as `Allow: /facsimile?t=A` or `/*?t=*B$` is about, so that it does not slip between the samples. */
function tokensThatRulesName(text: string): readonly string[] {
  const patterns = Array.from(
    text.matchAll(/[?&]t=([\w*-]{1,100})\$?[^\S\r\n]*(?=[\r\n#]|$)/g),
    ([, pattern = '']) => pattern,
  )
  return [...new Set(patterns)].slice(0, MAX_NAMED_TOKENS).map(tokenLike)
}

function tokenLike(pattern: string): string {
  const starAt = pattern.lastIndexOf('*')
  const start = starAt < 0 ? pattern : pattern.slice(0, starAt).replaceAll('*', '')
  const end = starAt < 0 ? '' : pattern.slice(starAt + 1)
  return start.padEnd(32 - end.length, 'A').slice(0, 32) + end
}
