// From pairs of windows to the figures of the table.

/** A window in which fewer requests than this are answered says more of how it began and ended than of the server. */
const FEWEST_REQUESTS = 200
/** How many times as long a window may become for their sake. */
const MOST_TIMES_LONGER = 3

/** The middle value; of an even number of values the mean of the two in the middle. Throws for an empty list. */
export function median(values) {
  if (values.length === 0) throw new RangeError('The median of no values is asked for; measure at least one pair.')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/**
 * Pairs of windows `{ base, variant }`, each window with its `requestsPerSecond` and `cpuMicros` for one request.
 * Ratios are taken within a pair, because its two windows follow each other and share the machine's mood.
 */
export function summarizePairs(pairs) {
  return {
    requests: spread(pairs.map(({ base, variant }) => variant.requestsPerSecond / base.requestsPerSecond)),
    cpu: spread(pairs.map(({ base, variant }) => variant.cpuMicros / base.cpuMicros)),
    extraCpuMicros: median(pairs.map(({ base, variant }) => variant.cpuMicros - base.cpuMicros)),
  }
}

/**
 * The order in which the members of a pair are measured. They take turns in going first, from round to round and from
 * pair to pair, so that drift favours nobody; in an even number of rounds each goes first equally often.
 */
export function pairOrder(turn, base, variant) {
  return turn % 2 === 0 ? [base, variant] : [variant, base]
}

/** Seconds of a window for a server of this speed: a slow one is given longer, within bounds. */
export function windowSeconds(seconds, requestsPerSecond) {
  return Math.min(Math.max(seconds, FEWEST_REQUESTS / requestsPerSecond), MOST_TIMES_LONGER * seconds)
}
