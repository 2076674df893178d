// `npm start`: serves the demo until Ctrl-C.
import { DemoError } from './demo-error.js'
import { createDemo, type Demo } from './demo.js'
import { readSettings } from './environment.js'

/** Longer than closing ever takes; the demo never keeps a terminal. */
const CLOSE_DEADLINE_MS = 1800

try {
  const demo = await createDemo(readSettings(process.env))
  greet(demo)
  stopOnSignal(demo)
} catch (error) {
  if (!(error instanceof DemoError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function greet({ shopUrl, trackerUrl, debugUrl }: Demo): void {
  console.log(`
  Lantern & Loom, a shop          ${shopUrl}
  Replay desk, what it records    ${trackerUrl}
  Is it recorded, and why not?    ${debugUrl}

  Open both side by side. Sign in to the shop as mira, password lantern, and look at
  the account page; then open its recording in Replay desk. Try the draw and an order too.

  Ctrl-C ends it.
`)
}

/** A repeated signal changes nothing: npm passes on the Ctrl-C that the terminal has sent already. */
function stopOnSignal(demo: Demo): void {
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => {
      console.error(`The demo did not close within ${CLOSE_DEADLINE_MS} ms.`)
      process.exit(1)
    }, CLOSE_DEADLINE_MS).unref()
    void demo.close().then(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
