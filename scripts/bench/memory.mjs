// What a filter keeps in memory while pages of 20 MB stream through it.
import { readPage } from './read-page.mjs'
import { withPair } from './server-pair.mjs'
import { median, pairOrder, spread } from './statistics.mjs'

const MEGABYTE = 1_000_000
const HUGE_PAGES = 5
/** Fewer bytes than this are not the page that was asked for. */
const HUGE_PAGE_MIN_BYTES = 20_000_000
/** Whoever has answered a short page has loaded all that it needs. */
const SHORT_PAGE = { path: '/stream/10', minBytes: 10_000 }
const PAIR_SECONDS = 3

export function planMemory({ variants, rounds }) {
  return variants.length * rounds * PAIR_SECONDS
}

/**
 * For bare Express and each of `variants`: the median peak memory in megabytes, and for the filters the differences to bare
 * Express within a pair: at the peak, and of it what was there before the first of the long pages. Every pair is a pair of
 * fresh processes.
 */
export async function measureMemory(options, { progress }) {
  const { variants, rounds } = options
  const pairs = []
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, name] of variants.entries()) {
      const pair = await withPair(name, options, (servers) => measurePair(servers, name, round + place))
      pairs.push({ name, ...pair })
      const figures = `${pair.bare.peakMegabytes.toFixed(1)} to ${pair.variant.peakMegabytes.toFixed(1)} MB`
      progress.step(PAIR_SECONDS, `peak memory, round ${round + 1} of ${rounds}, ${name}: ${figures}`)
    }
  }
  return { rounds, variants: summarizeMemory(variants, pairs) }
}

/** `pairs` hold `{ name, bare, variant }`, and these `{ startMegabytes, peakMegabytes }`. */
export function summarizeMemory(variants, pairs) {
  const entries = variants.map((name) => {
    const own = pairs.filter((pair) => pair.name === name)
    const figures = {
      peakMegabytes: median(own.map(({ variant }) => variant.peakMegabytes)),
      extraMegabytes: spread(own.map(({ bare, variant }) => variant.peakMegabytes - bare.peakMegabytes)),
      extraAtStartMegabytes: spread(own.map(({ bare, variant }) => variant.startMegabytes - bare.startMegabytes)),
    }
    return [name, figures]
  })
  return {
    bare: { peakMegabytes: median(pairs.map(({ bare }) => bare.peakMegabytes)) },
    ...Object.fromEntries(entries),
  }
}

async function measurePair(servers, name, turn) {
  const samples = {}
  for (const member of pairOrder(turn, 'bare', name)) samples[member] = await streamHugePages(servers[member])
  const { bare, [name]: variant } = samples
  if (variant.pageBytes <= bare.pageBytes) throw new Error(`${name} did not inject the 20 MB page.`)
  return { bare, variant }
}

async function streamHugePages(server) {
  await readPage(server.origin + SHORT_PAGE.path, SHORT_PAGE.minBytes)
  const startMegabytes = (await server.ask('residentBytes')) / MEGABYTE
  let pageBytes = 0
  for (let page = 0; page < HUGE_PAGES; page += 1) {
    pageBytes = (await readPage(`${server.origin}/huge`, HUGE_PAGE_MIN_BYTES)).bytes
  }
  return { pageBytes, startMegabytes, peakMegabytes: (await server.ask('peakBytes')) / MEGABYTE }
}
