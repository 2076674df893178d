// One racer of the race between processes, with the pages of its own kind of store.
import { createRedisProvider } from '@facsimile/core/redis'
import { race } from '../../support/race-worker.mjs'

race(createRedisProvider({ location: process.argv[2], prefix: process.argv[3], timeoutMs: 20_000 }))
