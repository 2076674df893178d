// `npm test`: installs and builds where needed, brings up servers, then runs jest with whatever arguments follow `--`.
// `--unit` leaves out the tests that need servers, and starts none.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, root } from './prepare.mjs'
import { startServices } from './services.mjs'
import { needsServers } from './services/needs-servers.mjs'
import { runWithServers } from './services/run-tests.mjs'

const STORE_TESTS = join(root, 'test', 'stores')

prepare()
const unit = process.argv.includes('--unit')
const given = process.argv.slice(2).filter((argument) => argument !== '--unit')
const jest = [
  process.execPath,
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  ...given,
  ...(unit ? ['--testPathIgnorePatterns=/test/stores/'] : []),
]

const noServers = async () => ({ env: {}, stop: async () => {} })
const servers = (signal) => startServices({ log: (line) => console.error(line), signal })
const start = !unit && needsServers(given, storeTests()) ? servers : noServers
process.exitCode = await runWithServers(start, jest, { cwd: root })

function storeTests() {
  if (!existsSync(STORE_TESTS)) return []
  const names = readdirSync(STORE_TESTS, { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(STORE_TESTS, name))
}
