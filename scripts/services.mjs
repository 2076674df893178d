// Brings up the real servers that tests need, by whatever way this machine offers, and takes them away again.
import { install, whyNotInstall } from './services/apt.mjs'
import { explainMissing } from './services/missing.mjs'
import { mysql } from './services/mysql.mjs'
import { redis } from './services/redis.mjs'

export { startMariadb } from './services/mysql.mjs'
export { startRedis } from './services/redis.mjs'

/**
 * Resolves to `{ env, stop }`: `env` has TEST_REDIS_URL, TEST_REDIS_SERVER, TEST_MYSQL_URL and TEST_MYSQL_SERVER (the
 * last of each pair is a name with a version). For each server in this order: the address that REDIS_URL or MYSQL_URL
 * gives, a program of this machine, a container, a program that apt-get installs.
 *
 * Rejects when a server cannot be had, with what was tried and what to do, and when `signal` aborts; then nothing is
 * left running. `log` gets one line for each server.
 */
export async function startServices({ log = () => {}, env = process.env, signal } = {}) {
  const started = []
  const stop = async () => {
    const ends = await Promise.allSettled(started.splice(0).map((server) => server.stop()))
    const failed = ends.find(({ status }) => status === 'rejected')
    if (failed) throw failed.reason
  }
  try {
    const context = { log, env, signal, started }
    const first = await all([redis, mysql].map((service) => bringUp(service, context)))
    const outcomes = await installMissing(first, context)
    const missing = outcomes.filter(({ server }) => server === undefined)
    if (missing.length > 0) throw new Error(explainMissing(missing))
    return { env: Object.assign({}, ...outcomes.map(({ service, server }) => service.environment(server))), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** `{ service, title, server }`, or `{ service, title, attempts }` when neither a program nor a container did it. */
async function bringUp(service, context) {
  const { env, signal } = context
  const { title, variable } = service
  const given = env[variable]
  if (given) return { service, title, server: await useGiven(service, given, context) }
  const attempts = [`${variable} is not set`]
  for (const way of [service.startLocal, service.startContainer]) {
    const server = await attempt(service, way, attempts, context)
    if (server) return { service, title, server }
    signal?.throwIfAborted()
  }
  return { service, title, attempts }
}

async function useGiven(service, url, context) {
  const begunAt = performance.now()
  try {
    return keep(service, { ...(await service.useGiven(url)), found: service.variable }, begunAt, context)
  } catch (cause) {
    throw new Error(`${service.variable} is set, but its server cannot be used: ${cause.message || cause.code}`, {
      cause,
    })
  }
}

async function attempt(service, way, attempts, context) {
  const begunAt = performance.now()
  try {
    const result = await way(context)
    if (result.url) return keep(service, result, begunAt, context)
    attempts.push(result.absent)
  } catch (error) {
    // Found but not working: the next way may do, and this one is told in either case.
    if (!context.signal?.aborted) context.log(`${service.title}: ${error.message}`)
    attempts.push(error.message)
  }
  return undefined
}

function keep(service, server, begunAt, { log, started }) {
  started.push(server)
  log(`${service.title}: ${server.server} · ${server.found} · ${Math.round(performance.now() - begunAt)} ms`)
  return server
}

/** Has the packages of missing servers installed where that is allowed, and tries those servers once more. */
async function installMissing(outcomes, context) {
  const missing = outcomes.filter(({ server }) => server === undefined)
  if (missing.length === 0) return outcomes
  const refusal = whyNotInstall(context.env) ?? (await installFor(missing, context))
  for (const { attempts } of missing) if (refusal) attempts.push(refusal)
  if (refusal) return outcomes
  const retry = async (outcome) => {
    if (outcome.server) return outcome
    const server = await attempt(outcome.service, outcome.service.startLocal, outcome.attempts, context)
    return { ...outcome, server }
  }
  return all(outcomes.map(retry))
}

async function installFor(missing, context) {
  const packages = missing.flatMap(({ service }) => service.packages)
  context.log(`Installing with apt-get, once (TEST_INSTALL=0 forbids it): ${packages.join(' ')} …`)
  return install(packages, context)
}

/** Like Promise.all, but settles only when every one has, so that nothing starts after we have given up. */
async function all(promises) {
  const results = await Promise.allSettled(promises)
  const failed = results.find(({ status }) => status === 'rejected')
  if (failed) throw failed.reason
  return results.map(({ value }) => value)
}
