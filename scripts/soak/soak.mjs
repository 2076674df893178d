// One soak: a server in a process of its own, warmed up, loaded by visitors in rounds, looked at between the rounds, and
// ended under load.
import { MOST_BUFFERS_LEFT } from './bars.mjs'
import { startServer } from './child.mjs'
import { createLedger } from './ledger.mjs'
import { startFlappingRedis } from './flapping-redis.mjs'
import { createSession, visit } from './visitors.mjs'

/** Visitors at a time. */
const AT_ONCE = 24
/** However short the time: fewer show no slope. */
const LEAST_SAMPLES = 3
const LAST_VISITORS = 12
/** SIGTERM comes when the visitors at the end have been answered so often. */
const ANSWERS_BEFORE_END = 200
const MOST_END_MS = 20_000

/**
 * `options` are those of `parseOptions`. Resolves to `{ start, samples, buffersLeft, ledger, end, seconds }`: what was left in the server
 * before the load, after the warm-up and after each round, with the `requests` until then; the bytes of buffers
 * that stayed in the end, and how it ended.
 */
export async function soak(options, log = () => {}) {
  const { seed, periodMs, leaks } = options
  const begunAt = performance.now()
  const redis = options.store === 'redis' ? await startFlappingRedis(periodMs) : undefined
  const server = await startServer({ location: redis?.url, periodMs, leaks })
  try {
    const ledger = createLedger()
    const session = createSession(seed, ledger)
    const start = await look(server, redis)
    const samples = await runRounds({ server, redis, session, options, begunAt, log })
    await redis?.rest()
    await server.ask('rest')
    const buffersLeft = await server.ask('emptied', { atMost: start.arrayBuffers + MOST_BUFFERS_LEFT })
    // The hardest time to end is one in which the store does not answer.
    await server.ask('hang')
    await redis?.hang()
    const end = await endUnderLoad(server, seed)
    return { start, samples, buffersLeft, ledger, end, seconds: (performance.now() - begunAt) / 1000 }
  } finally {
    await server.kill()
    await redis?.stop()
  }
}

async function runRounds({ server, redis, session, options, begunAt, log }) {
  const { counts } = session.ledger
  const seconds = () => (performance.now() - begunAt) / 1000
  const isOver = () => counts.requests >= options.requests || seconds() > options.seconds
  const samples = []
  let goal = options.warmUp
  while (samples.length < LEAST_SAMPLES || !isOver()) {
    const goesOn = () => counts.requests < goal && (samples.length < LEAST_SAMPLES || !isOver())
    await visit({ port: server.port, atOnce: AT_ONCE, session, goesOn })
    samples.push({ requests: counts.requests, ...(await look(server, redis)) })
    log(describe(samples.at(-1), counts, seconds()))
    goal = counts.requests + options.step
  }
  return samples
}

async function look(server, redis) {
  await redis?.rest()
  const sample = await server.ask('rest')
  await server.ask('resume')
  redis?.resume()
  return sample
}

/** Visitors who stay are there when SIGTERM comes; each who has begun to get an answer must get all of it. */
async function endUnderLoad(server, seed) {
  const ledger = createLedger()
  const session = createSession(seed + 1, ledger)
  const { counts } = ledger
  let outcome
  const deadline = performance.now() + MOST_END_MS
  const goesOn = () => {
    if (counts.complete >= ANSWERS_BEFORE_END) outcome ??= server.end()
    return performance.now() < deadline
  }
  await visit({ port: server.port, atOnce: LAST_VISITORS, session, goesOn, stays: true })
  const { report, ...exit } = await (outcome ?? server.end())
  const { handles = {}, complaints = [] } = report === '' ? {} : JSON.parse(report)
  const { wrong: broken, ...visitors } = counts
  return { ...exit, handles, complaints, broken, visitors, cases: ledger.wrong }
}

function describe({ requests, heapUsed, arrayBuffers, rss, events }, { aborted, wrong }, seconds) {
  const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(2)
  const memory = `heap ${mebibytes(heapUsed)} MiB, buffers ${mebibytes(arrayBuffers)}, rss ${mebibytes(rss)}`
  const visitors = `${requests} requests in ${Math.round(seconds)} s, ${aborted} left early, ${wrong} wrong`
  return `${visitors}; ${events.stored ?? 0} stored; ${memory}`
}
