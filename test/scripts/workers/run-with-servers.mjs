// What `npm test` does, with a program in jest's place: `run-with-servers.mjs <program> [arguments]`. FOR_TESTS says of
// which tests, `stores` or `browser`; of both by default.
import { BROWSERS, startServices, STORES } from '../../../scripts/services.mjs'
import { runWithServers } from '../../../scripts/services/run-tests.mjs'

const { FOR_TESTS } = process.env
const services = [...(FOR_TESTS === 'browser' ? [] : STORES), ...(FOR_TESTS === 'stores' ? [] : BROWSERS)]
const start = (signal) => startServices({ services, log: (line) => console.error(line), signal })
process.exitCode = await runWithServers(start, process.argv.slice(2))
