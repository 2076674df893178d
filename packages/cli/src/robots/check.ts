// The verdict on a whole robots.txt: who may still fetch the path, and by which line.
import { agentKey, parseRobotsFile, type RobotsFile } from './robots-file.js'
import { crawlersOf } from './merge.js'
import { createJudge, type Verdict } from './verdict.js'

/** Crawlers that most sites meet; a group of their own would take them away from `*`. */
const WELL_KNOWN = [
  'Googlebot', 'Googlebot-Image', 'Google-Extended', 'AdsBot-Google', 'Mediapartners-Google', 'bingbot', 'Applebot',
  'DuckDuckBot', 'Slurp', 'YandexBot', 'Baiduspider', 'facebookexternalhit', 'Twitterbot', 'LinkedInBot', 'ia_archiver',
  'AhrefsBot', 'SemrushBot', 'MJ12bot', 'GPTBot', 'ClaudeBot', 'CCBot', 'PerplexityBot', 'Amazonbot', 'Bytespider',
] // prettier-ignore

export interface CrawlerVerdict extends Verdict {
  /** The text of the line that decided. */
  readonly rule: string | undefined
  /** Named in the file, or `*`, or asked for; the others are well-known crawlers that may come. */
  readonly isNamed: boolean
}

/** One verdict for each crawler and path; those asked for alone, where any were. */
export function checkRobots(
  bytes: Buffer,
  paths: readonly string[],
  userAgents: readonly string[] | undefined,
): readonly CrawlerVerdict[] {
  const file = parseRobotsFile(bytes)
  const judge = createJudge(bytes.toString())
  const named = userAgents ?? crawlersOf(file)
  const namedKeys = new Set(named.map(agentKey))
  const others = userAgents === undefined ? WELL_KNOWN.filter((name) => !namedKeys.has(agentKey(name))) : []
  return [...named, ...others].flatMap((userAgent) =>
    paths.map((path) => {
      const verdict = judge.judge(userAgent, path)
      return { ...verdict, rule: textOf(file, verdict.line), isNamed: namedKeys.has(agentKey(userAgent)) }
    }),
  )
}

function textOf(file: RobotsFile, line: number | undefined): string | undefined {
  const raw = line === undefined ? undefined : file.lines[line - 1]?.raw
  return raw === undefined ? undefined : Buffer.from(raw, 'latin1').toString().trim()
}
