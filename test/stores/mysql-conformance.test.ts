// The mysql provider passes the suite that every provider must pass; its store is broken by freezing a real server.
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { createMysqlProvider } from '@facsimile/core/mysql'
import { describeCacheProvider } from '@facsimile/core/testing'
import { createPool, type Pool } from 'mysql2/promise'
import { startMariadb, type ThrowAwayServer } from '../../scripts/services.mjs'
import { freeze } from './support/mysql-bench.js'

let server: ThrowAwayServer
let ownPool: Pool

beforeAll(async () => {
  server = await startMariadb()
  ownPool = createPool(server.url)
})

afterAll(async () => {
  await ownPool.end()
  await server.stop()
})

describeCacheProvider('mysql', {
  open: () => createMysqlProvider({ location: server.url }),
  test,
  describe,
  breakStore: () => freeze(server),
})

describeCacheProvider('mysql that takes pages without RETURNING, as on MySQL', {
  open: () => createMysqlProvider({ location: `${server.url}?table=optimistic` }, { taking: 'optimistic' }),
  test,
  describe,
  raceRounds: 50,
})

describeCacheProvider('mysql with a pool of the user', {
  open: () => createMysqlProvider({ pool: ownPool, table: 'own_pool' }),
  test,
  describe,
  raceRounds: 20,
})
