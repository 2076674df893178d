// Runs one service of docker-compose.yml as a throw-away container, where a docker engine answers.
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { execute } from './execute.mjs'
import { findProgram, programFolders } from './find-program.mjs'
import { findFreePort } from './free-port.mjs'

const COMPOSE_FILE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))
const ENGINE_TIMEOUT_MS = 2_000
const UP_TIMEOUT_MS = 300_000
const DOWN_TIMEOUT_MS = 60_000
const READY_DEADLINE_MS = 60_000
const POLL_MS = 100

/**
 * `container` is `{ service, portVariable, url(port), ask(port) }`. Resolves to `{ url, server, found, stop }` when the
 * server answers, or to `{ absent }` without an engine. Rejects, with the container removed, when it does not come up.
 */
export async function startContainer(container, { env, signal }) {
  const docker = findProgram(['docker'], programFolders(env))
  if (docker === undefined) return { absent: 'docker not found' }
  const engine = await execute(docker, ['info', '--format', '{{.ServerVersion}}'], {
    timeoutMs: ENGINE_TIMEOUT_MS,
    env,
    signal,
  })
  // Some clients succeed without an engine, and then name no version.
  if (!engine.succeeded || engine.output.trim() === '') return { absent: 'docker found, but no engine answers' }

  const plugin = await execute(docker, ['compose', 'version'], { timeoutMs: ENGINE_TIMEOUT_MS, env, signal })
  if (!plugin.succeeded) return { absent: 'docker found, but without its compose plugin' }

  const port = await findFreePort()
  const project = `facsimile-test-${process.pid}-${container.service}`
  const settings = { ...env, [container.portVariable]: String(port) }
  const compose = (args, timeoutMs, abort) =>
    execute(docker, ['compose', '-f', COMPOSE_FILE, '-p', project, '--profile', 'stores', ...args], {
      timeoutMs,
      env: settings,
      signal: abort,
    })
  const stop = async () => {
    const down = await compose(['down', '--volumes', '--timeout', '2'], DOWN_TIMEOUT_MS)
    if (!down.succeeded) throw new Error(`The container of ${project} could not be removed: ${down.reason}`)
  }
  try {
    const up = await compose(['up', '--detach', '--quiet-pull', container.service], UP_TIMEOUT_MS, signal)
    if (!up.succeeded) throw new Error(`docker compose up ${container.service}: ${up.reason}`)
    const server = await waitUntilAnswered(container, port, signal)
    return { url: container.url(port), server, found: `docker ${engine.output.trim()}`, stop }
  } catch (error) {
    const leftover = await stop().then(
      () => '',
      (problem) => ` ${problem.message}`,
    )
    throw new Error(`${error.message}${leftover}`, { cause: error })
  }
}

async function waitUntilAnswered({ service, ask }, port, signal) {
  const deadline = performance.now() + READY_DEADLINE_MS
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await ask(port)
    } catch (cause) {
      if (performance.now() > deadline) {
        throw new Error(`The container of ${service} did not answer within ${READY_DEADLINE_MS} ms.`, { cause })
      }
    }
    await delay(POLL_MS)
  }
}
