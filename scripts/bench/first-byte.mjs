// Whether a filter holds back the first byte of a page whose handler writes the head, waits, and writes the rest.
import { readPage } from './read-page.mjs'
import { withPair } from './server-pair.mjs'
import { median, pairOrder, spread } from './statistics.mjs'

const WARM_UP_PAIRS = 10
const PAGE_MIN_BYTES = 10_000
/** What a page takes, its handler's wait included. */
const PAGE_SECONDS = 0.054

export function planFirstByte({ variants, requests }) {
  return variants.length * 2 * (requests + WARM_UP_PAIRS) * PAGE_SECONDS
}

/**
 * For bare Express and each of `variants`: the median delay of the first byte in milliseconds, and for the filters the
 * differences to bare Express within a pair of requests, of which there are `requests`.
 */
export async function measureFirstByte(options, { progress }) {
  const pairs = []
  for (const name of options.variants) {
    pairs.push(...(await withPair(name, options, (servers) => measurePairs(servers, name, options.requests))))
    progress.step(planFirstByte({ variants: [name], requests: options.requests }), `first byte of ${name}`)
  }
  return { requests: options.requests, variants: summarizeFirstBytes(options.variants, pairs) }
}

/** `pairs` hold `{ name, bareMs, variantMs }`. */
export function summarizeFirstBytes(variants, pairs) {
  const entries = variants.map((name) => {
    const own = pairs.filter((pair) => pair.name === name)
    const firstByteMs = median(own.map(({ variantMs }) => variantMs))
    return [name, { firstByteMs, extraMs: spread(own.map(({ bareMs, variantMs }) => variantMs - bareMs)) }]
  })
  return { bare: { firstByteMs: median(pairs.map(({ bareMs }) => bareMs)) }, ...Object.fromEntries(entries) }
}

async function measurePairs(servers, name, requests) {
  const pairs = []
  for (let pair = -WARM_UP_PAIRS; pair < requests; pair += 1) {
    const delays = {}
    for (const member of pairOrder(Math.abs(pair), 'bare', name)) {
      delays[member] = (await readPage(`${servers[member].origin}/delayed`, PAGE_MIN_BYTES)).firstByteMs
    }
    if (pair >= 0) pairs.push({ name, bareMs: delays.bare, variantMs: delays[name] })
  }
  return pairs
}
