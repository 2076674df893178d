// What `npm test` does, with a program in jest's place: `run-with-servers.mjs <program> [arguments]`.
import { startServices } from '../../../scripts/services.mjs'
import { runWithServers } from '../../../scripts/services/run-tests.mjs'

const start = (signal) => startServices({ log: (line) => console.error(line), signal })
process.exitCode = await runWithServers(start, process.argv.slice(2))
