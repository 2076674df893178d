// Fetches per second: the fetch path against a bare Express route that asks the same provider and sends the same answer.
import { startServer } from './child.mjs'
import { createPage } from './pages.mjs'
import { median, pairOrder, summarizePairs } from './statistics.mjs'
import { fetchPages, tokenOf } from './stored-pages.mjs'

const KIB = 1024
const MEMBERS = ['bare route', 'fetch path']
/** `once`: each page is taken, as by default. `again`: one page is fetched again and again, with `deleteAfterPull: false`. */
const MODES = ['once', 'again']
/** For one second of the window's length; the long pages have to be in memory all at once. */
const SIZES = [
  { kibibytes: 10, pagesPerSecond: 4000, mostPages: 40_000 },
  { kibibytes: 100, pagesPerSecond: 1500, mostPages: 8000 },
]
/** This share of a window comes before it and does not count. */
const SETTLE_SHARE = 0.25
const START_SECONDS = 3
const REQUEST_DEADLINE_MS = 10_000

export function planFetch({ rounds, seconds }) {
  return MODES.length * (START_SECONDS + SIZES.length * (rounds + 1) * MEMBERS.length * seconds)
}

/** Answers for each size and mode the pages per second of the bare route, and the summary of the fetch path's pairs. */
export async function measureFetch(options, { progress }) {
  const cases = []
  for (const mode of MODES) {
    const servers = {}
    try {
      for (const member of MEMBERS) {
        servers[member] = await startServer(member, {
          script: './fetch-server.mjs',
          args: [mode],
          profileFolder: options.profileFolder,
        })
      }
      progress.step(START_SECONDS, `fetching ${mode}: the servers are up`)
      for (const size of SIZES) cases.push(await measureCase(servers, mode, size, options, progress))
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.stop()))
    }
  }
  return { rounds: options.rounds, cases }
}

async function measureCase(servers, mode, { kibibytes, pagesPerSecond, mostPages }, { rounds, seconds }, progress) {
  const bytes = kibibytes * KIB
  const pages = Math.min(Math.round(pagesPerSecond * seconds), mostPages)
  await verifyAnswers(servers, mode, bytes)
  const pairs = []
  for (let round = -1; round < rounds; round += 1) {
    const windows = {}
    for (const member of pairOrder(Math.abs(round), ...MEMBERS)) {
      windows[member] = await measureWindow(servers[member], mode, { bytes, pages })
      const { requestsPerSecond, cpuMicros } = windows[member]
      const speed = `${Math.round(requestsPerSecond)} pages/s, ${Math.round(cpuMicros)} µs of CPU each`
      const place = round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`
      progress.step(seconds, `fetching ${kibibytes} KB ${mode}, ${place}, ${member}: ${speed}`)
    }
    if (round >= 0) pairs.push({ base: windows['bare route'], variant: windows['fetch path'] })
  }
  return {
    mode,
    kibibytes,
    pages,
    bareFetchesPerSecond: median(pairs.map(({ base }) => base.requestsPerSecond)),
    summary: summarizePairs(pairs),
  }
}

async function measureWindow(server, mode, { bytes, pages }) {
  const again = mode === 'again'
  const settling = Math.ceil(pages * SETTLE_SHARE)
  await server.ask('storePages', { bytes, pages: again ? 1 : settling + pages })
  await fetchPages(server.port, { from: 0, to: settling, again })
  const before = await server.ask('cpuMicros')
  const requestsPerSecond = await fetchPages(server.port, { from: settling, to: settling + pages, again })
  const after = await server.ask('cpuMicros')
  return { requestsPerSecond, cpuMicros: (after - before) / pages }
}

/** Both members give the page, with as many headers of the same names, and what they take they give once. */
async function verifyAnswers(servers, mode, bytes) {
  const expected = Buffer.from(createPage(bytes))
  const names = {}
  for (const member of MEMBERS) {
    const fail = (problem) => {
      throw new Error(`${member} fails at fetching ${mode}: ${problem}. Its figures would mean nothing.`)
    }
    await servers[member].ask('storePages', { bytes, pages: 1 })
    const url = `${servers[member].origin}/facsimile?t=${tokenOf(0)}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) })
    if (!Buffer.from(await answer.arrayBuffer()).equals(expected)) fail('the page is not what was stored')
    names[member] = [...answer.headers.keys()].sort().join(', ')
    const second = await fetch(url, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) })
    await second.arrayBuffer()
    const status = mode === 'once' ? 404 : 200
    if (second.status !== status) fail(`the second fetch was answered with ${second.status} in place of ${status}`)
  }
  const [bare, ours] = MEMBERS.map((member) => names[member])
  if (bare !== ours) throw new Error(`The bare route sends other headers than the fetch path: ${bare}; ${ours}.`)
}
