// The paired measurement: every window of a filter lies next to a window of what it is compared with.
import { startServer } from './child.mjs'
import { startNginx } from './nginx.mjs'
import { pageBytesOf } from './pages.mjs'
import { median, pairOrder, spread, summarizePairs, windowSeconds } from './statistics.mjs'
import { VARIANTS } from './variants.mjs'
import { verifyCase, verifyStores } from './verify.mjs'

/** What a window takes beside its load, for the time that is left. */
const AROUND_WINDOW_SECONDS = 0.2

/** Seconds that `measureThroughput` will take, by and large. */
export function planThroughput({ cases, variants, rounds, seconds, settleSeconds, startUpSeconds, warmUpSeconds }) {
  const members = membersOf(variants).length
  const pair = 2 * (seconds + settleSeconds + AROUND_WINDOW_SECONDS)
  return members * startUpSeconds + cases.length * (members * warmUpSeconds + variants.length * rounds * pair)
}

/**
 * Measures `cases` with `variants` and answers, case by case, the median requests per second of bare Express and the
 * summary of each filter's pairs. `progress` is told of each window. Throws when a filter does not do its work, or when a
 * server stops answering.
 */
export async function measureThroughput(options, { load, nginx, progress }) {
  const { cases, variants, rounds, seconds, settleSeconds, startUpSeconds, warmUpSeconds } = options
  await verifyCaptures(options, load, progress)
  const servers = await startMembers(options, nginx)
  try {
    for (const { origin, variant } of servers.values()) {
      await load.run(origin + cases[0].path, startUpSeconds)
      progress.step(startUpSeconds, `${variant} is up`)
    }
    const results = []
    for (const testCase of cases) results.push(await measureCase(testCase))
    return { variants, cases: results }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }

  async function measureCase(testCase) {
    const rates = new Map()
    for (const [name, server] of servers) {
      await verifyCase(server, testCase)
      if (VARIANTS[name].keepsUpTo && testCase.kind === 'html') await server.ask('fill', pageBytesOf(testCase))
      rates.set(name, (await load.run(server.origin + testCase.path, warmUpSeconds)).requestsPerSecond)
      progress.step(warmUpSeconds, `${testCase.name}, ${name} is warm`)
    }
    const pairs = []
    for (let round = 0; round < rounds; round += 1) {
      for (const [place, name] of variants.entries()) {
        const { base } = VARIANTS[name]
        const windows = {}
        for (const member of pairOrder(round + place, base, name)) {
          const server = servers.get(member)
          const length = windowSeconds(seconds, rates.get(member))
          windows[member] = await measureWindow(server, testCase, { length, settleSeconds, load })
          const { requestsPerSecond, cpuMicros } = windows[member]
          const speed = `${Math.round(requestsPerSecond)} req/s, ${Math.round(cpuMicros)} µs of CPU each`
          const planned = seconds + settleSeconds + AROUND_WINDOW_SECONDS
          progress.step(planned, `${testCase.name}, round ${round + 1} of ${rounds}, ${member}: ${speed}`)
        }
        pairs.push({ name, base: windows[base], variant: windows[name] })
      }
    }
    for (const server of servers.values()) await verifyCase(server, testCase)
    return summarizeCase(testCase, variants, pairs)
  }
}

/** The figures of one case. What is compared with bare Express tells how fast that was. */
export function summarizeCase({ name, label, path, kind }, variants, pairs) {
  const ofBare = pairs.filter((pair) => VARIANTS[pair.name].base === 'bare').map(({ base }) => base)
  const summaries = variants.map((variant) => [variant, summarizePairs(pairs.filter((pair) => pair.name === variant))])
  return {
    name,
    label,
    path,
    kind,
    ...(ofBare.length > 0 && {
      bareRequestsPerSecond: median(ofBare.map(({ requestsPerSecond }) => requestsPerSecond)),
      bareCpuMicros: median(ofBare.map(({ cpuMicros }) => cpuMicros)),
    }),
    summaries: Object.fromEntries(summaries),
    timesInterceptor: timesAsFast(pairs, 'facsimile', 'express-interceptor'),
  }
}

/** How many times as fast one filter is as another: the spread over the rounds; `undefined` where one was not measured. */
function timesAsFast(pairs, name, other) {
  const speeds = (wanted) =>
    pairs.filter((pair) => pair.name === wanted).map(({ variant }) => variant.requestsPerSecond)
  const [ours, theirs] = [speeds(name), speeds(other)]
  if (ours.length === 0 || theirs.length === 0) return undefined
  return spread(ours.map((speed, round) => speed / theirs[round]))
}

/** The variants and what they are compared with, each once. */
function membersOf(variants) {
  return [...new Set(['bare', ...variants.map((name) => VARIANTS[name].base), ...variants])]
}

async function startMembers({ variants, profileFolder }, nginx) {
  const members = membersOf(variants)
  const servers = new Map()
  try {
    for (const name of members.filter((name) => !VARIANTS[name].proxied))
      servers.set(name, await startServer(name, { profileFolder }))
    if (members.some((name) => VARIANTS[name].proxied)) {
      for (const server of await startNginx(nginx.program, servers.get('bare').port))
        servers.set(server.variant, server)
    }
    return servers
  } catch (error) {
    await Promise.all([...servers.values()].map((server) => server.stop()))
    throw error
  }
}

async function verifyCaptures({ cases, variants }, load, progress) {
  const pages = cases.filter(({ kind }) => kind === 'html')
  if (pages.length === 0) return
  for (const name of variants.filter((name) => VARIANTS[name].keepsUpTo)) {
    progress.note(`${name} under load: stored all ${await verifyStores(name, pages, load)} pages`)
  }
}

/** The first seconds of load do not count: a server that stood still while others were measured has to wake up. */
async function measureWindow(server, { path }, { length, settleSeconds, load }) {
  await load.run(server.origin + path, settleSeconds)
  const before = await server.ask('cpuMicros')
  const { requests, requestsPerSecond } = await load.run(server.origin + path, length)
  const after = await server.ask('cpuMicros')
  if (requests === 0)
    throw new Error(`${server.variant} answered no request for ${path} in ${length} s; make the windows longer.`)
  return { requestsPerSecond, cpuMicros: (after - before) / requests }
}
