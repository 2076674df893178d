// What a filter keeps in memory while a 20 MB page streams through it, and whether it holds back the first byte.
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { startServer } from './child.mjs'
import { median, pairOrder, spread } from './statistics.mjs'

const MEGABYTE = 1_000_000
const REQUEST_DEADLINE_MS = 60_000
const HUGE_PAGES = 5
const DELAYED_PAGES = 20
const WARM_UP_PAGES = 5
/** Fewer bytes than this are not the page that was asked for. */
const HUGE_PAGE_MIN_BYTES = 20_000_000

/**
 * For bare Express and each of `variants`: median peak memory in megabytes and delay of the first byte in milliseconds,
 * and for the filters the spread of the differences to bare Express within a pair. Every pair is a pair of fresh processes.
 */
export async function measureMemory({ variants, rounds }, log) {
  const pairs = []
  for (let round = 0; round < rounds; round += 1) {
    for (const name of variants) pairs.push({ name, ...(await measurePair(round, rounds, name, log)) })
  }
  const figures = (samples) => ({
    peakMegabytes: median(samples.map(({ peakMegabytes }) => peakMegabytes)),
    firstByteMs: median(samples.map(({ firstByteMs }) => firstByteMs)),
  })
  const entries = variants.map((name) => {
    const own = pairs.filter((pair) => pair.name === name)
    return [
      name,
      {
        ...figures(own.map(({ variant }) => variant)),
        extraMegabytes: spread(own.map(({ bare, variant }) => variant.peakMegabytes - bare.peakMegabytes)),
        extraFirstByteMs: spread(own.flatMap(({ extraFirstByteMs }) => extraFirstByteMs)),
      },
    ]
  })
  return Object.fromEntries([['bare', figures(pairs.map(({ bare }) => bare))], ...entries])
}

async function measurePair(round, rounds, name, log) {
  const servers = {}
  try {
    for (const member of pairOrder(round, name)) servers[member] = await startServer(member)
    const delays = await firstByteDelays(servers, pairOrder(round, name))
    const samples = {}
    for (const member of pairOrder(round, name)) {
      const { pageBytes, peakMegabytes } = await streamHugePages(servers[member])
      samples[member] = { pageBytes, peakMegabytes, firstByteMs: median(delays[member]) }
      const figures = `${peakMegabytes.toFixed(1)} MB, first byte after ${samples[member].firstByteMs.toFixed(2)} ms`
      log(`round ${round + 1} of ${rounds}, ${member}: ${figures}`)
    }
    const { bare, [name]: variant } = samples
    if (variant.pageBytes <= bare.pageBytes) throw new Error(`${name} did not inject the 20 MB page.`)
    return { bare, variant, extraFirstByteMs: median(delays.bare.map((bareMs, page) => delays[name][page] - bareMs)) }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()))
  }
}

async function streamHugePages(server) {
  let pageBytes = 0
  for (let page = 0; page < HUGE_PAGES; page += 1) {
    pageBytes = (await pull(`${server.origin}/huge`, HUGE_PAGE_MIN_BYTES)).bytes
  }
  return { pageBytes, peakMegabytes: (await server.ask('peakBytes')) / MEGABYTE }
}

/** Milliseconds to the first byte of each page, the members of a pair by turns. */
async function firstByteDelays(servers, order) {
  const delays = Object.fromEntries(order.map((member) => [member, []]))
  for (let page = -WARM_UP_PAGES; page < DELAYED_PAGES; page += 1) {
    for (const member of page % 2 === 0 ? order : order.toReversed()) {
      const { firstByteMs } = await pull(`${servers[member].origin}/delayed`, 10_000)
      if (page >= 0) delays[member].push(firstByteMs)
    }
  }
  return delays
}

const agent = new Agent({ keepAlive: true })

/** Reads a page to its end; throws when it is shorter than `minBytes`. */
async function pull(url, minBytes) {
  const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS)
  const startedAt = performance.now()
  const request = get(url, { agent, signal })
  const [response] = await once(request, 'response', { signal })
  let firstByteMs
  let bytes = 0
  for await (const chunk of response) {
    firstByteMs ??= performance.now() - startedAt
    bytes += chunk.length
  }
  if (response.statusCode !== 200 || bytes < minBytes)
    throw new Error(`${new URL(url).pathname} answered ${response.statusCode} with ${bytes} bytes.`)
  return { firstByteMs, bytes }
}
