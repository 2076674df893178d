// A real Chromium for tests, without a window: the one that `npm test` has found.
import { afterAll } from '@jest/globals'
import { chromium, type Browser } from 'playwright-core'

/** Nothing that it does by itself may reach the network, and it must do in a container with little shared memory. */
const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
]
const LAUNCH_TIMEOUT_MS = 60_000

let opened: Promise<Browser> | undefined

/** One browser for each test file, closed after its tests; rejects, with the remedy, when there is none. */
export function openBrowser(): Promise<Browser> {
  opened ??= launch()
  return opened
}

afterAll(async () => {
  // A launch that failed has been told by the test that asked for it.
  const [browser] = await Promise.allSettled([opened])
  if (browser.status === 'fulfilled') await browser.value?.close()
}, LAUNCH_TIMEOUT_MS)

async function launch(): Promise<Browser> {
  const { TEST_CHROMIUM } = process.env
  if (TEST_CHROMIUM === undefined) {
    throw new Error(
      'This test needs a browser, and TEST_CHROMIUM is not set: run it by npm test, which finds or installs one.',
    )
  }
  return chromium.launch({
    executablePath: TEST_CHROMIUM,
    // The sandbox refuses root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ARGUMENTS,
    timeout: LAUNCH_TIMEOUT_MS,
  })
}
