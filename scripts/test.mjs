// `npm test`: installs and builds where needed, brings up servers, finds a browser and proxies, then runs jest with
// whatever arguments follow `--`. It brings up only what the chosen tests need; `--unit` leaves out all tests that need
// something.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, root } from './prepare.mjs'
import { BROWSERS, PROXIES, startServices, STORES } from './services.mjs'
import { reachesTests } from './services/reaches-tests.mjs'
import { runWithServers } from './services/run-tests.mjs'

prepare()
const unit = process.argv.includes('--unit')
const given = process.argv.slice(2).filter((argument) => argument !== '--unit')
const jest = [
  process.execPath,
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  ...given,
  ...(unit ? ['--testPathIgnorePatterns=/test/(?:stores|browser|proxies)/'] : []),
]

const services = [...neededBy('stores', STORES), ...neededBy('browser', BROWSERS), ...neededBy('proxies', PROXIES)]
const start = (signal) => startServices({ services, log: (line) => console.error(line), signal })
process.exitCode = await runWithServers(start, jest, { cwd: root })

/** `services`, or none when this run cannot reach the tests in that folder. */
function neededBy(folder, services) {
  return !unit && reachesTests(given, testsIn(join(root, 'test', folder))) ? services : []
}

function testsIn(folder) {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name))
}
