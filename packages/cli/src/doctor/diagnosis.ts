// All checks in the order in which they are told, and what they come to.
import type { CheckResult, CheckState } from './check-result.js'
import { checkBrowser } from './checks/browser.js'
import { checkCaching } from './checks/caching.js'
import { checkClock } from './checks/clock.js'
import { checkCompression } from './checks/compression.js'
import { checkContent, checkCopy, checkOnce } from './checks/copy.js'
import { checkFarm } from './checks/farm.js'
import { checkAddress, checkFetcher, checkFetchUrl, checkRobotsTag } from './checks/fetcher.js'
import { checkFilter, checkPage } from './checks/page.js'
import { checkPolicy } from './checks/policy.js'
import { checkRobotsFile } from './checks/robots.js'
import { checkSnippets } from './checks/snippets.js'
import type { Expectations, Observations } from './observations.js'

const CHECKS = [
  checkPage,
  checkFilter,
  checkSnippets,
  checkPolicy,
  checkFetchUrl,
  checkFetcher,
  checkAddress,
  checkCopy,
  checkOnce,
  checkContent,
  checkCompression,
  checkCaching,
  checkRobotsFile,
  checkRobotsTag,
  checkClock,
  checkFarm,
  checkBrowser,
]

export interface Diagnosis {
  readonly seen: Observations
  readonly results: readonly CheckResult[]
}

/** Judges what was seen; asks nothing more of the site. */
export function diagnose(seen: Observations, expected: Expectations): Diagnosis {
  return { seen, results: CHECKS.flatMap((check) => check(seen, expected)) }
}

export function resultsIn({ results }: Diagnosis, state: CheckState): readonly CheckResult[] {
  return results.filter((result) => result.state === state)
}
