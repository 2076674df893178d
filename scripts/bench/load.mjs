// Keeps a server busy for a while and tells how many requests it answered: with wrk where it is installed, else with autocannon.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const WRK = 'wrk'
const CONNECTIONS = 16
const GRACE_SECONDS = 20
/** How often autocannon looks at its clock. */
const SAMPLE_MS = 100

/** The generator in use: `name` for the table, `run(url, seconds)` for one window, which answers its counts. */
export function findLoadGenerator() {
  const { error, stdout } = spawnSync(WRK, ['-v'], { encoding: 'utf8' })
  return error ? autocannon() : wrk(/^wrk (?:debian\/)?(\d[\d.]*)/.exec(stdout)?.[1] ?? '')
}

function wrk(version) {
  return {
    name: `wrk ${version}, ${CONNECTIONS} connections`,
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
  const { version } = createRequire(import.meta.url)('autocannon/package.json')
  return {
    // It takes part of the servers' processors, the more so the quicker they are.
    name: `autocannon ${version} (wrk is not there; this one flatters the ratios), ${CONNECTIONS} connections`,
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
  const [, requests] = /(\d+) requests in /.exec(report) ?? []
  const [, requestsPerSecond] = /Requests\/sec:\s+([\d.]+)/.exec(report) ?? []
  const trouble = /Socket errors:.*|Non-2xx or 3xx responses:.*/.exec(report)
  if (trouble) throw new Error(`The server did not answer every request: ${trouble[0].trim()}`)
  if (requests === undefined || requestsPerSecond === undefined)
    throw new Error(`wrk did not tell what it counted: ${JSON.stringify(report)}`)
  return { requests: Number(requests), requestsPerSecond: Number(requestsPerSecond) }
}

/** The same from autocannon's JSON. */
export function parseAutocannon(report) {
  const { requests, duration, errors, non2xx } = JSON.parse(report)
  if (errors > 0 || non2xx > 0)
    throw new Error(`The server did not answer every request: ${errors} errors, ${non2xx} responses other than 2xx`)
  return { requests: requests.total, requestsPerSecond: duration > 0 ? requests.total / duration : 0 }
}
