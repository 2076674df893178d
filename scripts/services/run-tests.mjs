// Runs a program with servers beside it, and leaves no server behind: not after a failure, not after Ctrl-C.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

/* global AbortController */

const GRACE_MS = 5_000
const PARENT_POLL_MS = 250
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Starts servers by `startServers(signal)` (which resolves to `{ env, stop }`), runs `command` with their addresses in
 * its environment, and stops them. Resolves to the exit status: the command's own, 128 and the signal's number after an
 * interruption, or 1 when the servers could not be started or stopped; standard error then says why.
 */
export async function runWithServers(startServers, command, { cwd } = {}) {
  const interruption = new AbortController()
  const interrupt = (name) => interruption.abort(name)
  for (const name of SIGNALS) process.on(name, interrupt)
  const watch = watchNpm(() => interrupt('SIGTERM'))
  try {
    return await runBetween(startServers, command, cwd, interruption.signal)
  } catch (error) {
    if (interruption.signal.aborted) return statusOf(interruption.signal.reason)
    console.error(error.message)
    return 1
  } finally {
    clearInterval(watch)
    for (const name of SIGNALS) process.off(name, interrupt)
  }
}

/** npm runs its scripts in a shell, and a shell that gets SIGTERM dies of it without a word to us: so we look. */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  return setInterval(() => process.ppid !== parent && onGone(), PARENT_POLL_MS).unref()
}

async function runBetween(startServers, [program, ...args], cwd, interruption) {
  const servers = await startServers(interruption)
  try {
    return await run(program, args, { cwd, env: { ...process.env, ...servers.env } }, interruption)
  } finally {
    await servers.stop()
  }
}

async function run(program, args, options, interruption) {
  interruption.throwIfAborted()
  const child = spawn(program, args, { ...options, stdio: 'inherit' })
  const forward = () => {
    child.kill(interruption.reason)
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
  }
  interruption.addEventListener('abort', forward)
  const [status, signal] = await once(child, 'exit')
  if (interruption.aborted) return statusOf(interruption.reason)
  return status ?? statusOf(signal)
}

const statusOf = (signal) => 128 + constants.signals[signal]
