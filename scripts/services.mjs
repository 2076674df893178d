// Brings up the real servers and finds the real browser and proxies that tests need, by whatever way this machine
// offers, and takes the servers away again.
import { install, whyNotInstall } from './services/apt.mjs'
import { chromium } from './services/chromium.mjs'
import { explainMissing } from './services/missing.mjs'
import { mysql } from './services/mysql.mjs'
import { haproxy, nginx } from './services/proxies.mjs'
import { redis } from './services/redis.mjs'

export { startMariadb } from './services/mysql.mjs'
export { startRedis } from './services/redis.mjs'

/** The servers of the tests of the stores. */
export const STORES = [redis, mysql]
/** What the tests in a browser need. */
export const BROWSERS = [chromium]
/** What the tests behind proxies need. */
export const PROXIES = [nginx, haproxy]

/**
 * Resolves to `{ env, stop }`: `env` has TEST_REDIS_URL, TEST_REDIS_SERVER, TEST_MYSQL_URL and TEST_MYSQL_SERVER (the
 * last of each pair is a name with a version), and TEST_CHROMIUM, TEST_NGINX and TEST_HAPROXY, the paths of programs: of
 * these what belongs to `services`. For each in this order: what REDIS_URL, MYSQL_URL, CHROMIUM_PATH, NGINX_PATH or
 * HAPROXY_PATH gives, a program of this machine, a container (for servers alone), a program that apt-get installs.
 *
 * Rejects when a service cannot be had, with what was tried and what to do, and when `signal` aborts; then nothing is
 * left running. `log` gets one line for each service.
 */
export async function startServices({ services = STORES, log = () => {}, env = process.env, signal } = {}) {
  const started = []
  const stop = async () => {
    const ends = await Promise.allSettled(started.splice(0).map((server) => server.stop()))
    const failed = ends.find(({ status }) => status === 'rejected')
    if (failed) throw failed.reason
  }
  try {
    const context = { log, env, signal, started }
    const first = await all(services.map((service) => bringUp(service, context)))
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
    if (way === undefined) continue
    const server = await attempt(service, way, attempts, context)
    if (server) return { service, title, server }
    signal?.throwIfAborted()
  }
  return { service, title, attempts }
}

async function useGiven(service, given, context) {
  const begunAt = performance.now()
  try {
    return keep(service, { ...(await service.useGiven(given, context)), found: service.variable }, begunAt, context)
  } catch (cause) {
    const why = cause.message || cause.code
    throw new Error(`${service.variable} is set, but what it names cannot be used: ${why}`, { cause })
  }
}

async function attempt(service, way, attempts, context) {
  const begunAt = performance.now()
  try {
    const result = await way(context)
    if (result.absent === undefined) return keep(service, result, begunAt, context)
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

/** Has the packages of missing services installed where that is allowed, and tries those services once more. */
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
