// Keeps a server busy for a while and tells how many requests it answered: with wrk where it is installed, else with autocannon.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const WRK = 'wrk'
const CONNECTIONS = 16
const GRACE_SECONDS = 20
/** How often autocannon looks at its clock. */
const SAMPLE_MS = 100

/** The generator in use: `name` for the table, `run(url, seconds)` for one window, which answers its counts. */
export function findLoadGenerator() {
  return spawnSync(WRK, ['-v'], { stdio: 'ignore' }).error ? autocannon() : wrk()
}

function wrk() {
  return {
    name: `wrk, ${CONNECTIONS} connections`,
    async run(url, seconds) {
      // wrk takes whole seconds only, and closes a window properly when it is interrupted.
      // A slow answer is a low figure; only one that never comes is an error.
      const args = ['-t1', `-c${CONNECTIONS}`, `-d${Math.ceil(seconds) + 5}s`, '--timeout', '60s', url]
      return parseWrk(await outputOf(WRK, args, { seconds, interrupt: true }))
    },
  }
}

function autocannon() {
  const script = fileURLToPath(import.meta.resolve('autocannon'))
  return {
    name: `autocannon, ${CONNECTIONS} connections`,
    async run(url, seconds) {
      const args = [script, '-c', CONNECTIONS, '-d', seconds, '-L', SAMPLE_MS, '-j', url]
      return parseAutocannon(await outputOf(process.execPath, args, { seconds }))
    },
  }
}

async function outputOf(command, args, { seconds, interrupt = false }) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (pieces[name] += text))
  const timers = [setTimeout(() => child.kill('SIGKILL'), (seconds + GRACE_SECONDS) * 1000)]
  if (interrupt) timers.push(setTimeout(() => child.kill('SIGINT'), seconds * 1000))
  const [status] = await once(child, 'close')
  timers.forEach(clearTimeout)
  if (status !== 0)
    throw new Error(`${command} ended with status ${status}: ${pieces.stderr.trim() || pieces.stdout.trim()}`)
  return pieces.stdout
}

/** The counts in wrk's report. Throws for answers other than 2xx and 3xx and for broken connections: such a window means nothing. */
export function parseWrk(report) {
  const [, requests, duration] = /(\d+) requests in ([\d.]+(?:ms|s|m))/.exec(report) ?? []
  const [, requestsPerSecond] = /Requests\/sec:\s+([\d.]+)/.exec(report) ?? []
  const trouble = /Socket errors:.*|Non-2xx or 3xx responses:.*/.exec(report)
  if (trouble) throw new Error(`The server did not answer every request: ${trouble[0].trim()}`)
  if (!Number(requests) || !Number(requestsPerSecond))
    throw new Error(`wrk counted no requests in ${duration ?? 'its window'}: ${JSON.stringify(report)}`)
  return { requests: Number(requests), requestsPerSecond: Number(requestsPerSecond) }
}

/** The same from autocannon's JSON. */
export function parseAutocannon(report) {
  const { requests, duration, errors, non2xx } = JSON.parse(report)
  if (errors > 0 || non2xx > 0)
    throw new Error(`The server did not answer every request: ${errors} errors, ${non2xx} responses other than 2xx`)
  if (!requests.total || !duration) throw new Error(`autocannon counted no requests: ${JSON.stringify(requests)}`)
  return { requests: requests.total, requestsPerSecond: requests.total / duration }
}
