// What a benchmark server answers to the process that started it.
import { existsSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

const HEARTBEAT_MS = 1
/** After so long the heart has beaten, whatever held it up. */
const SETTLED_MS = 5

const loop = monitorEventLoopDelay({ resolution: HEARTBEAT_MS })

/** Every server knows these questions. */
const answersOfAll = {
  /** Processor time of all threads since the start. */
  cpuMicros: () => Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros, 0),
  residentBytes: () => process.memoryUsage.rss(),
  peakBytes,
  /** Resolves when the heart beats: what came before its first beat would not be seen. */
  async watchLoop() {
    loop.reset()
    loop.enable()
    await delay(SETTLED_MS)
  },
  /** Milliseconds of the longest pause between two heartbeats since `watchLoop`. */
  async longestPauseMs() {
    await delay(SETTLED_MS)
    loop.disable()
    return loop.max / 1e6
  },
}

/** Tells the parent the port, answers its questions, and ends with it. A server that was started by hand prints its address. */
export function answerParent(port, ownAnswers) {
  const answers = { ...answersOfAll, ...ownAnswers }
  process.once('SIGINT', () => process.exit())
  if (!process.send) return console.log(`http://127.0.0.1:${port}`)
  process.on('message', async ({ question, about }) => process.send({ answer: await answers[question](about) }))
  process.once('disconnect', () => process.exit())
  process.send({ port })
}

/** The most memory that this process ever had; Linux counts it from its start, elsewhere the parent's may be in it. */
function peakBytes() {
  const status = '/proc/self/status'
  const [, kibibytes] = (existsSync(status) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))) || []
  return (Number(kibibytes) || process.resourceUsage().maxRSS) * 1024
}
