// Chromium for tests: one that was given, or one of this machine's programs. It is only found here; tests start it.
import { basename, dirname } from 'node:path'
import { execute } from './execute.mjs'
import { findProgram, notFound, programFolders } from './find-program.mjs'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'Google Chrome']
/** Where macOS keeps what is never on PATH. */
const APPLICATION_FOLDERS = ['Chromium', 'Google Chrome'].map((name) => `/Applications/${name}.app/Contents/MacOS`)
/** The first start after an installation reads a few hundred megabytes from the disk. */
const VERSION_TIMEOUT_MS = 30_000

/** How `startServices` gets a Chromium. */
export const chromium = {
  title: 'Chromium',
  variable: 'CHROMIUM_PATH',
  example: '/usr/bin/chromium',
  packages: ['chromium'],
  environment: ({ program }) => ({ TEST_CHROMIUM: program }),

  useGiven: (program, { env, signal }) => use(program, env, signal),

  /** A program that does not answer, such as the one that only tells of a snap, leaves it to the next. */
  async startLocal({ env, signal }) {
    const reasons = []
    for await (const program of findPrograms(env)) {
      try {
        return { ...(await use(program, env, signal)), found: program }
      } catch (error) {
        signal?.throwIfAborted()
        reasons.push(error.message)
      }
    }
    return { absent: reasons.length > 0 ? reasons.join('; ') : notFound(PROGRAMS) }
  },
}

async function* findPrograms(env) {
  const isWholeMachine = env.TEST_PROGRAM_FOLDERS === undefined
  const folders = [...programFolders(env), ...(isWholeMachine ? APPLICATION_FOLDERS : [])]
  for (const name of PROGRAMS) {
    const program = findProgram([name], folders)
    if (program !== undefined) yield program
  }
  if (!isWholeMachine) return
  const playwright = await import('playwright-core')
  const downloaded = playwright.chromium.executablePath()
  if (findProgram([basename(downloaded)], [dirname(downloaded)]) !== undefined) yield downloaded
}

/** Only a program that tells its version is one that tests can start. */
async function use(program, env, signal) {
  const options = { timeoutMs: VERSION_TIMEOUT_MS, env, signal }
  const { succeeded, output, reason } = await execute(program, ['--version'], options)
  if (!succeeded) throw new Error(`${program} --version: ${reason}`)
  const server = /\S.*?\d+(?:\.\d+)*/.exec(output)?.[0]
  if (server === undefined) throw new Error(`${program} --version answered ${JSON.stringify(output.slice(0, 80))}`)
  return { program, server, stop: async () => {} }
}
