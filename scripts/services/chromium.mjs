// Chromium for tests: one that was given, or one of this machine's programs.
import { basename, dirname } from 'node:path'
import { findProgram } from './find-program.mjs'
import { foundProgram } from './found-program.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'Google Chrome']
/** Where macOS keeps what is never on PATH. */
const APPLICATION_FOLDERS = ['Chromium', 'Google Chrome'].map((name) => `/Applications/${name}.app/Contents/MacOS`)

/** How `startServices` gets a Chromium. */
export const chromium = foundProgram({
  title: 'Chromium',
  variable: 'CHROMIUM_PATH',
  example: '/usr/bin/chromium',
  packages: ['chromium'],
  names: NAMES,
  resultVariable: 'TEST_CHROMIUM',
  versionArgument: '--version',
  morePrograms,
})

async function* morePrograms(env) {
  if (env.TEST_PROGRAM_FOLDERS !== undefined) return
  for (const name of NAMES) {
    const program = findProgram([name], APPLICATION_FOLDERS)
    if (program !== undefined) yield program
  }
  const playwright = await import('playwright-core')
  const downloaded = playwright.chromium.executablePath()
  if (findProgram([basename(downloaded)], [dirname(downloaded)]) !== undefined) yield downloaded
}
