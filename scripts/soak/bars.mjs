// Whether a soak was passed: each bar with its figure, and the sentence for one that is missed.

const KIB = 1024
const MIB = 1024 * KIB

const MOST_HEAP_GROWTH = 0.5 * MIB
/** In fewer requests than this the engine's own warming up weighs more: a shorter run may grow by as much in all. */
const LEAST_SPAN = 15_000
/** Above those of the start: blocks that are kept for later pages. */
export const MOST_BUFFERS_LEFT = 16 * MIB
/** Deadlines are shared by those that begin within 50 ms, and end after 2 seconds. */
const MOST_WAITING_TIMERS = 64
const MOST_SOCKET_LISTENERS = 4
/** A store that has just returned is being connected to, or is not. */
const MOST_HANDLES_OF_STORE = 1
const MOST_END_MS = 10_000

/** The slope of the line that fits `points` of `[x, y]` best (least squares). */
export function slopeOf(points) {
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return spread === 0 ? NaN : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}

/** `measured` is what `soak` resolves to; answers with `{ name, figure, bar, isMissed }` for each bar. */
export function judge({ start, samples, buffersLeft, ledger, end }) {
  const [first, last] = [samples[0], samples.at(-1)]
  const { complaints, finished, events } = last
  const heapSlope = slopeOf(samples.map(({ requests, heapUsed }) => [requests, heapUsed])) * 10_000
  const heapBar = MOST_HEAP_GROWTH * Math.max(1, LEAST_SPAN / (last.requests - first.requests))
  const stored = events.stored ?? 0
  const lost = sumOf(events, 'lost: ')
  return [
    atMost('heap growth in 10 000 requests, MiB', inMib(heapSlope), inMib(heapBar)),
    atMost('buffers left by an empty store, MiB', inMib(buffersLeft), inMib(start.arrayBuffers + MOST_BUFFERS_LEFT)),
    equal('bodies neither stored nor let go', most(samples, 'openBodies'), 0),
    atMost('timers that wait after the load', most(samples, 'timers'), start.timers + MOST_WAITING_TIMERS),
    atMost('listeners that a connection gathers', last.mostSocketListeners, MOST_SOCKET_LISTENERS),
    equal('listeners of process and server', last.listeners, first.listeners),
    atMost('handles after the load', total(last.handles), total(first.handles) + MOST_HANDLES_OF_STORE),
    equal('connections left open', most(samples, 'connections'), 0),
    equal('warnings and rejections', complaints.length, 0),
    equal('wrong answers', ledger.counts.wrong, 0),
    equal('pages stored and lost', stored + lost, finished),
    atLeast('pages stored', stored, 1),
    atLeast('pages lost in outages', lost, 1),
    atLeast('pages that the crawler got', ledger.crawler[200] ?? 0, 1),
    equal('answers broken by SIGTERM', end.broken, 0),
    equal('exit after SIGTERM', end.signal ?? end.status, 0),
    atMost('time to exit after SIGTERM, ms', Math.round(end.ms), MOST_END_MS),
    equal('handles at the exit', show(end.handles), show({})),
    equal('warnings until the exit', end.complaints.length, 0),
  ]
}

function atMost(name, figure, bar) {
  return { name, figure, bar: `at most ${bar}`, isMissed: !(figure <= bar) }
}

function atLeast(name, figure, bar) {
  return { name, figure, bar: `at least ${bar}`, isMissed: !(figure >= bar) }
}

function equal(name, figure, bar) {
  return { name, figure, bar: `${bar}`, isMissed: figure !== bar }
}

function sumOf(events, beginning) {
  const entries = Object.entries(events).filter(([name]) => name.startsWith(beginning))
  return entries.reduce((sum, [, count]) => sum + count, 0)
}

const most = (samples, key) => Math.max(...samples.map((sample) => sample[key]))
const inMib = (bytes) => Math.round((bytes / MIB) * 1000) / 1000

const total = (handles) => Object.values(handles).reduce((sum, count) => sum + count, 0)

function show(handles) {
  const entries = Object.entries(handles).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([name, count]) => `${count} ${name}`).join(', ') || 'none'
}
