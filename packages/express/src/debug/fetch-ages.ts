// How old pages were when the crawler fetched them: by that it is seen to keep up, or nearly to miss them.
import { formatCount, formatMs } from './formats.js'

export interface AgeSummary {
  /** Half of the pages were fetched sooner. In milliseconds, as all here. */
  readonly median: number
  readonly slowest: number
}

/** Of the latest fetches; `undefined` without one. */
export function summarizeAges(agesMs: readonly number[]): AgeSummary | undefined {
  const sorted = [...agesMs].sort((one, other) => one - other)
  const [median, slowest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  return median === undefined || slowest === undefined ? undefined : { median, slowest }
}

export function agesText(agesMs: readonly number[]): string {
  const ages = summarizeAges(agesMs)
  if (ages === undefined) return 'none was fetched yet'
  const { median, slowest } = ages
  return `${formatMs(median)} at the median, ${formatMs(slowest)} at most, of the last ${formatCount(agesMs.length)}`
}
