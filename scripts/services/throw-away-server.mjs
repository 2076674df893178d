// Starts one server from a program of this machine, on a free loopback port, in a folder of its own that goes with it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { withDeadline } from './deadline.mjs'
import { lastLines } from './execute.mjs'
import { findFreePort } from './free-port.mjs'
import { openKeeper } from './keeper.mjs'

const READY_DEADLINE_MS = 30_000
const END_DEADLINE_MS = 10_000
const POLL_MS = 25
const PORT_TRIES = 3

/** Signals that a server ends on; the others, such as SIGSTOP and SIGCONT, leave it there. */
const ENDING_SIGNALS = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'])

/**
 * `kind` is `{ title, prepare?(keeper), command(folder, port), url(port), ask(port, pid) }`: `command` gives
 * `[program, ...arguments]`; `ask` answers the server's name and version, or rejects while it is not up.
 *
 * Resolves, once the server answers, to `{ url, port, server, pid, kill(signal?), restart(), stop() }`. Rejects, with
 * the end of the server's log and nothing left behind, when it does not come up within 30 s or `signal` aborts.
 */
export async function startThrowAwayServer(kind, { signal } = {}) {
  const keeper = await openKeeper()
  try {
    await kind.prepare?.(keeper)
    const first = await launchOnFreePort(kind, keeper, signal)
    return handle(kind, keeper, first)
  } catch (error) {
    const log = signal?.aborted ? '' : lastLines(await readLog(keeper), 15)
    await keeper.close()
    throw log === '' ? error : new Error(`${error.message} Its log ends:\n${log}`, { cause: error })
  }
}

function handle(kind, keeper, { port, server, ...first }) {
  let run = first.run
  const ended = () => withDeadline(run.ended, END_DEADLINE_MS, `the end of ${kind.title}`)
  return {
    url: kind.url(port),
    port,
    server,
    get pid() {
      return run.pid
    },
    /** Sends `signal`; resolves when the server has ended, or at once for a signal that it survives (SIGSTOP, SIGCONT). */
    async kill(signal = 'SIGKILL') {
      keeper.send(signal)
      if (ENDING_SIGNALS.has(signal)) await ended()
    },
    /** Ends the server in order when it still runs, and starts it again on the same port and in the same folder. */
    async restart() {
      keeper.send('SIGCONT')
      keeper.send('SIGTERM')
      await ended()
      run = (await launch(kind, keeper, port)).run
    },
    stop: () => keeper.close(),
  }
}

/** A free port can be taken by somebody else before the server has it; then it gets another one. */
async function launchOnFreePort(kind, keeper, signal) {
  for (let tried = 1; ; tried++) {
    try {
      return await launch(kind, keeper, await findFreePort(), signal)
    } catch (error) {
      if (tried === PORT_TRIES || !/address already in use/i.test(await readLog(keeper))) throw error
    }
  }
}

async function launch(kind, keeper, port, signal) {
  const [program, ...args] = kind.command(keeper.folder, port)
  const run = await keeper.run(program, args)
  let outcome
  void run.ended.then((result) => {
    outcome = result
  })
  const deadline = performance.now() + READY_DEADLINE_MS
  let lastError
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    if (outcome) throw new Error(`${kind.title} ended with ${describeEnd(outcome)} before it answered.`)
    try {
      return { port, run, server: await kind.ask(port, run.pid) }
    } catch (error) {
      lastError = error
    }
    await delay(POLL_MS)
  }
  throw new Error(`${kind.title} did not answer within ${READY_DEADLINE_MS} ms.`, { cause: lastError })
}

/** The words for how a program ended. */
export function describeEnd({ status, signal }) {
  return signal === null ? `status ${status}` : signal
}

async function readLog({ folder }) {
  try {
    return await readFile(join(folder, 'log'), 'utf8')
  } catch (error) {
    return `(no log: ${error.code})`
  }
}
