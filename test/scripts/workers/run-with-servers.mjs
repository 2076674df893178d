// What `npm test` does, with a program in jest's place: `run-with-servers.mjs <program> [arguments]`. FOR_TESTS says of
// which tests: `stores`, `browser` or `proxies`; of the first two by default.
import { BROWSERS, PROXIES, startServices, STORES } from '../../../scripts/services.mjs'
import { runWithServers } from '../../../scripts/services/run-tests.mjs'

const OF_TESTS = { stores: STORES, browser: BROWSERS, proxies: PROXIES }
const services = OF_TESTS[process.env.FOR_TESTS] ?? [...STORES, ...BROWSERS]
const start = (signal) => startServices({ services, log: (line) => console.error(line), signal })
process.exitCode = await runWithServers(start, process.argv.slice(2))
