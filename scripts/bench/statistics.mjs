// From pairs of windows to the figures of the table.

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
 * Pairs of windows `{ bare, variant }`, each window with its `requestsPerSecond` and `cpuMicros` for one request.
 * Ratios are taken within a pair, because its two windows follow each other and share the machine's mood.
 */
export function summarizePairs(pairs) {
  return {
    requests: spread(pairs.map(({ bare, variant }) => variant.requestsPerSecond / bare.requestsPerSecond)),
    cpu: spread(pairs.map(({ bare, variant }) => variant.cpuMicros / bare.cpuMicros)),
    extraCpuMicros: median(pairs.map(({ bare, variant }) => variant.cpuMicros - bare.cpuMicros)),
  }
}

/** The order in which a pair is measured: bare first in every other round, so that drift favours nobody. */
export function pairOrder(round, variant) {
  return round % 2 === 0 ? ['bare', variant] : [variant, 'bare']
}
