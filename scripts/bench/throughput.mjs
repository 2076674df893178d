// The paired measurement: every window of a filter lies next to a window of bare Express.
import { startServer } from './child.mjs'
import { median, pairOrder, summarizePairs } from './statistics.mjs'
import { VARIANTS } from './variants.mjs'
import { verifyCase, verifyStores } from './verify.mjs'

/** The compiler is at work for some seconds after a server's first request. */
const START_UP_SECONDS = 2

/**
 * Measures `cases` with `variants` against bare Express and answers, case by case, the median requests per second of
 * bare Express and the summary of each filter's pairs. `log` gets one line for each window. Throws when a filter does
 * not do its work, or when a server stops answering.
 */
export async function measureThroughput({ cases, variants, rounds, seconds, warmUpSeconds }, load, log) {
  await verifyCaptures(cases, variants, load, log)
  const servers = new Map()
  try {
    for (const name of ['bare', ...variants]) servers.set(name, await startServer(name))
    for (const { origin } of servers.values()) await load.run(origin + cases[0].path, START_UP_SECONDS)
    const results = []
    for (const testCase of cases) {
      for (const server of servers.values()) {
        await verifyCase(server, testCase)
        await load.run(server.origin + testCase.path, warmUpSeconds)
      }
      const pairs = await measurePairs(testCase)
      for (const server of servers.values()) await verifyCase(server, testCase)
      results.push({
        name: testCase.name,
        label: testCase.label,
        bareRequestsPerSecond: median(pairs.map(({ bare }) => bare.requestsPerSecond)),
        bareCpuMicros: median(pairs.map(({ bare }) => bare.cpuMicros)),
        summaries: Object.fromEntries(
          variants.map((name) => [name, summarizePairs(pairs.filter((pair) => pair.name === name))]),
        ),
      })
    }
    return results
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }

  async function measurePairs(testCase) {
    const pairs = []
    for (let round = 0; round < rounds; round += 1) {
      for (const name of variants) {
        const windows = {}
        for (const member of pairOrder(round, name)) {
          windows[member] = await measureWindow(servers.get(member), testCase, seconds, load)
          const { requestsPerSecond, cpuMicros } = windows[member]
          const speed = `${Math.round(requestsPerSecond)} req/s, ${Math.round(cpuMicros)} µs of CPU each`
          log(`${testCase.name}, round ${round + 1} of ${rounds}, ${member}: ${speed}`)
        }
        pairs.push({ name, bare: windows.bare, variant: windows[name] })
      }
    }
    return pairs
  }
}

async function verifyCaptures(cases, variants, load, log) {
  const pages = cases.filter(({ kind }) => kind === 'html')
  if (pages.length === 0) return
  for (const name of variants.filter((name) => VARIANTS[name].capture)) {
    log(`${name} under load: stored all ${await verifyStores(name, pages, load)} pages`)
  }
}

async function measureWindow(server, { path }, seconds, load) {
  const before = await server.ask('cpuMicros')
  const { requests, requestsPerSecond } = await load.run(server.origin + path, seconds)
  const after = await server.ask('cpuMicros')
  return { requestsPerSecond, cpuMicros: (after - before) / requests }
}
