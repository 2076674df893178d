// Finds a Chromium on this machine, and starts it by playwright-core, which is loaded when it is first needed.
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'chrome.exe']
/** Where macOS and Windows keep what is on no PATH. */
const KNOWN_PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
/** Nothing that it does by itself may reach the network, and it must do in a container with little shared memory. */
const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-sync',
  '--no-first-run',
]
const LAUNCH_TIMEOUT_MS = 60_000

/**
 * The program that was given, that CHROMIUM_PATH names, or the first that is found. Throws a usage failure when there is
 * none, or when playwright-core is not there to start it.
 */
export async function findChromium({ env }: Io, given: string | undefined): Promise<string> {
  await loadPlaywright()
  const named = given ?? env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') {
    if (await isProgram(named)) return named
    throw usageFailure(
      `${given === undefined ? 'CHROMIUM_PATH' : '--browser-path'} is ${JSON.stringify(named)}, which is no program`,
      'Give the path of a Chromium or Chrome, such as /usr/bin/chromium.',
    )
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...KNOWN_PLACES]
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate
  throw usageFailure(
    '--browser found no Chromium on this machine',
    'Install chromium, or give the path of a Chromium or Chrome by --browser-path or CHROMIUM_PATH.',
  )
}

/** Rejects with a usage failure that names the package or the program, and the remedy. The caller closes the browser. */
export async function startChromium(program: string, moreArguments: readonly string[]): Promise<Browser> {
  const { chromium } = await loadPlaywright()
  try {
    return await chromium.launch({
      executablePath: program,
      // The sandbox refuses root.
      chromiumSandbox: process.getuid?.() !== 0,
      args: [...ARGUMENTS, ...moreArguments],
      timeout: LAUNCH_TIMEOUT_MS,
    })
  } catch (cause) {
    throw usageFailure(
      `${program} did not start: ${reasonOf(cause).split('\n')[0] ?? ''}`,
      'Start it by hand to see why, or name another one by --browser-path.',
      { cause },
    )
  }
}

async function loadPlaywright(): Promise<typeof import('playwright-core')> {
  try {
    return await import('playwright-core')
  } catch (cause) {
    throw usageFailure(
      '--browser needs the package "playwright-core", which is not installed',
      'Install it beside facsimile: npm install playwright-core',
      { cause },
    )
  }
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
