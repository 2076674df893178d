// One racer of the race between processes, with the pages of its own kind of store.
import { createMysqlProvider } from '@facsimile/core/mysql'
import { race } from '../../support/race-worker.mjs'

const [location, taking] = process.argv.slice(2)
race(createMysqlProvider({ location, timeoutMs: 10_000 }, { taking }))
