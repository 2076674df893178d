// The Redis provider passes the suite that every provider must pass; its store is broken by freezing a real server.
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { createRedisProvider } from '@facsimile/core/redis'
import { describeCacheProvider } from '@facsimile/core/testing'
import { Redis } from 'ioredis'
import { startRedis, type ThrowAwayServer } from '../../scripts/services.mjs'
import { freeze } from './support/redis-bench.js'

let server: ThrowAwayServer
let ownClient: Redis

beforeAll(async () => {
  server = await startRedis()
  ownClient = new Redis(server.url)
})

afterAll(async () => {
  ownClient.disconnect()
  await server.stop()
})

describeCacheProvider('redis', {
  open: () => createRedisProvider({ location: server.url, timeoutMs: 1000 }),
  test,
  describe,
  breakStore: () => freeze(server),
})

describeCacheProvider('redis with a client of the user', {
  open: () => createRedisProvider({ client: ownClient, prefix: 'own:' }),
  test,
  describe,
  raceRounds: 20,
})
