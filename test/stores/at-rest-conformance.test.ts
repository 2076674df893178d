// Protected providers in front of real servers keep the contract of every provider: the conformance suite, unchanged.
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { protectAtRest, type AtRestSettings } from '@facsimile/core/at-rest'
import { createMysqlProvider } from '@facsimile/core/mysql'
import { createRedisProvider } from '@facsimile/core/redis'
import { describeCacheProvider } from '@facsimile/core/testing'
import { startMariadb, startRedis, type ThrowAwayServer } from '../../scripts/services.mjs'
import { newKey } from './support/at-rest-store.js'
import { freeze } from './support/redis-bench.js'

const SEALED: AtRestSettings = { encryptionKeys: [newKey(), newKey()], compression: 'brotli' }
const COMPRESSED: AtRestSettings = { compression: 'gzip' }
/** The winner is the store's, which has its 200 rounds without protection. */
const RACE_ROUNDS = 20
let redis: ThrowAwayServer
let mysql: ThrowAwayServer

beforeAll(async () => {
  redis = await startRedis()
  mysql = await startMariadb()
})

afterAll(async () => {
  await redis.stop()
  await mysql.stop()
})

/** Where no store breaks, nothing is learned from a machine that is slow for a while. */
const PATIENT = { timeoutMs: 10_000 }

const openRedis = (settings: AtRestSettings, patience: { timeoutMs?: number }) => () =>
  protectAtRest(createRedisProvider({ location: redis.url, ...patience }), settings)
const openMysql = (settings: AtRestSettings) => () =>
  protectAtRest(createMysqlProvider({ location: mysql.url, ...PATIENT }), settings)

describeCacheProvider('redis, sealed and compressed', {
  open: openRedis(SEALED, {}),
  test,
  describe,
  // Once is enough: how a store breaks is nothing that the protection knows of.
  breakStore: () => freeze(redis),
  raceRounds: RACE_ROUNDS,
})

describeCacheProvider('mysql, sealed and compressed', {
  open: openMysql(SEALED),
  test,
  describe,
  raceRounds: RACE_ROUNDS,
})

describeCacheProvider('redis, compressed only', {
  open: openRedis(COMPRESSED, PATIENT),
  test,
  describe,
  raceRounds: RACE_ROUNDS,
})
describeCacheProvider('mysql, compressed only', {
  open: openMysql(COMPRESSED),
  test,
  describe,
  raceRounds: RACE_ROUNDS,
})
