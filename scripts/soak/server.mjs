// The server of the soak, in a process of its own: `node --expose-gc server.mjs <settings as JSON>`. It tells its port over
// IPC, answers the questions in `answers`, and ends by itself after SIGTERM, when nothing keeps it any more.
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createMemoryProvider } from '@facsimile/core/memory'
import { createFacsimile } from '@facsimile/express'
import { createApplication, createBareListener } from './application.mjs'
import { createFlappingStore } from './flapping-store.mjs'
import { CRAWLER_ADDRESS, END_SNIPPET, HEAD_SNIPPET } from './pages.mjs'
import { leak } from './planted-leaks.mjs'
import { countTimers, handles, listenersOf, settledMemory, watchComplaints, watchConnections } from './watch.mjs'

const REST_DEADLINE_MS = 10_000
const EMPTIED_DEADLINE_MS = 8_000
const EMPTIED_POLL_MS = 250
const CLOSE_TIMEOUT_MS = 1_000
const EVENTS = ['injected', 'stored', 'lost', 'skipped', 'fetched', 'missed', 'denied', 'unavailable']
/** Handles of the process's own output, which keep no process alive. */
const OUTPUT = ['PipeWrap', 'TTYWrap']
/** Small enough to be full all the time, so that the oldest pages go as well. */
const BOUNDS = { maxCachedPages: 2_000, maxCachedBytes: 48 * 1024 * 1024 }

const { location, periodMs, leaks } = JSON.parse(process.argv[2])
const waitingTimers = countTimers()
const complaints = watchComplaints()
const connections = watchConnections()
const store = location === undefined ? createFlappingStore(createMemoryProvider(BOUNDS), periodMs) : undefined
const events = countEvents()
let finished = 0

const facsimile = createFacsimile({
  snippets: [
    { name: 'head', placement: 'head-end', html: HEAD_SNIPPET },
    { name: 'recorder', placement: 'body-end', html: END_SNIPPET },
  ],
  cacheProvider: store?.provider ?? location,
  maxCachedSeconds: 20,
  clientAddress: { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] },
  allowedAddresses: [CRAWLER_ADDRESS],
})
const application = createApplication(facsimile, onPage)
const bareListener = createBareListener(facsimile, onPage)
let isEnding = false
const server = createServer((req, res) => {
  connections.onRequest(req)
  if (leaks) leak(req)
  if (isEnding) res.setHeader('Connection', 'close')
  const isBare = req.url.startsWith('/bare/')
  ;(isBare ? bareListener : application)(req, res)
})
// Longer than a visitor of the soak is ever silent.
server.keepAliveTimeout = 60_000

const answers = { rest, emptied, resume: () => store?.resume(), hang: () => store?.hang() }
process.on('message', async ({ ask, ...facts }) => process.send({ answer: await answers[ask](facts) }))
process.once('disconnect', () => process.exit())
process.once('SIGTERM', end)
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

/** Whether a page has left is for Node to say; what becomes of it then is what is under test. */
function onPage({ method }, res) {
  res.once('finish', () => {
    if (method !== 'HEAD' && !res.destroyed && !isOptedOut(res)) finished++
  })
}

function isOptedOut({ req: { headers } }) {
  return headers.cookie === 'WRUID=0'
}

function countEvents() {
  const counts = {}
  for (const name of EVENTS) {
    subscribe(`facsimile:${name}`, ({ reason }) => {
      const key = reason === undefined || name === 'missed' ? name : `${name}: ${reason}`
      counts[key] = (counts[key] ?? 0) + 1
    })
  }
  return counts
}

/** Waits until nobody is served and nothing is being stored, and tells what is left. */
async function rest() {
  const deadline = performance.now() + REST_DEADLINE_MS
  await store?.rest()
  let open = await openConnections()
  while (open > 0 && performance.now() < deadline) {
    await delay(10)
    open = await openConnections()
  }
  await facsimile.flush(REST_DEADLINE_MS)
  const timersAtOnce = waitingTimers()
  const memory = await settledMemory()
  return {
    connections: open,
    openBodies: store?.openBodies() ?? 0,
    timers: timersAtOnce,
    handles: handles(),
    listeners: listenersOf(process) + listenersOf(server),
    mostSocketListeners: connections.mostGrowth(),
    complaints,
    finished,
    events,
    store: store?.seen ?? {},
    ...memory,
  }
}

/** Bytes of buffers that stay when a store that is empty has had the time to let go of its memory. */
async function emptied({ atMost }) {
  const deadline = performance.now() + EMPTIED_DEADLINE_MS
  for (;;) {
    const { arrayBuffers } = await settledMemory()
    if (arrayBuffers <= atMost || performance.now() > deadline) return arrayBuffers
    await delay(EMPTIED_POLL_MS)
  }
}

function openConnections() {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}

/** Those who are being served still are, and those who ask on an open connection as well: for the last time. */
async function end() {
  isEnding = true
  process.once('beforeExit', () => writeSync(1, JSON.stringify({ handles: handles(OUTPUT), complaints })))
  process.removeAllListeners('disconnect').disconnect()
  await new Promise((resolve) => server.close(resolve))
  await facsimile.close(CLOSE_TIMEOUT_MS)
}
