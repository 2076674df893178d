// A store whose connections end again and again: each new one leaves as little behind as the first.
import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CacheProvider } from '@facsimile/core'
import type { MysqlProviderSettings } from '@facsimile/core/mysql'
import { createPool, type Pool, type PoolConnection } from 'mysql2'
import { samplePage } from '../core/providers/sample-page.js'
import { withMysqlScene } from './support/fault-mysql.js'
import { countListeners, watchSockets } from './support/fault-sockets.js'
import { eventually } from '../support/eventually.js'
import { withMysql, worksAgain } from './support/mysql-bench.js'
import { closedPort, withBench } from './support/redis-bench.js'

const ROUNDS = 100
/** As many as a pool of the provider's own has connections. */
const CALLERS = 8

/** Resolves when this many calls at a time have all had an answer. */
async function useAllConnections(provider: CacheProvider): Promise<void> {
  await eventually('every call has an answer', async () => {
    const calls = Array.from({ length: CALLERS }, () => provider.peek(createPageToken()))
    return (await Promise.allSettled(calls)).every(({ status }) => status === 'fulfilled')
  })
}

describe('a MariaDB that ends all connections a hundred times leaves as many sockets and listeners as there were', () => {
  test.each([
    ['in a pool of its own', () => undefined],
    ['in a pool that it was given', (uri: string) => createPool({ uri, connectionLimit: CALLERS })],
  ])(
    '%s',
    async (_whose, openPool) => {
      await withMysql(async (bench) => {
        const server = await bench.server()
        await withMysqlScene(server, '', async ({ location, killConnections }) => {
          const watch = watchSockets(server.port)
          bench.onEnd(() => watch.stop())
          const [uri = ''] = location.split('?')
          const pool = openPool(uri)
          const connections = watchPool(pool)
          if (pool) bench.onEnd(() => pool.promise().end())
          const settings: MysqlProviderSettings = pool ? { pool } : { location }
          const provider = bench.provider({ ...settings, timeoutMs: 5_000 })
          const count = () => {
            const sockets = watch.open()
            const emitters: EventEmitter[] = [...(pool ? [pool] : []), ...sockets, ...connections()]
            return {
              sockets: sockets.length,
              connections: connections().length,
              listeners: emitters.map(countListeners).reduce((sum, some) => sum + some, 0),
            }
          }
          await useAllConnections(provider)
          const before = count()
          expect(before).toMatchObject({ sockets: CALLERS, connections: pool ? CALLERS : 0 })
          for (let round = 1; round <= ROUNDS; round++) {
            await killConnections()
            await useAllConnections(provider)
          }
          expect(watch.all().length).toBeGreaterThanOrEqual(CALLERS * ROUNDS)
          expect(count()).toEqual(before)
          await provider.close()
          if (!pool) await eventually('the last one is closed', () => Promise.resolve(watch.open().length === 0))
        })
      })()
    },
    60_000,
  )
})

/** The connections of a pool that are of use. */
function watchPool(pool: Pool | undefined): () => PoolConnection[] {
  const made = new Set<PoolConnection>()
  pool?.on('connection', (connection) => {
    made.add(connection)
    connection.once('end', () => made.delete(connection)).once('error', () => made.delete(connection))
  })
  return () => [...made]
}

describe('a Redis that becomes read-only under many commands', () => {
  test(
    'is left once, without a heap of listeners',
    withBench(async (bench) => {
      const { url, port } = await bench.server()
      const client = await bench.client(url)
      const watch = watchSockets(port)
      bench.onEnd(() => watch.stop())
      const provider = bench.provider({ location: url })
      await provider.store(createPageToken(), samplePage())
      await client.replicaof('127.0.0.1', await closedPort())
      const stores = Array.from({ length: 100 }, () => provider.store(createPageToken(), samplePage()))
      for (const { status } of await Promise.allSettled(stores)) expect(status).toBe('rejected')
      for (const socket of watch.all()) {
        expect(socket.listenerCount('close')).toBeLessThanOrEqual(EventEmitter.defaultMaxListeners)
      }
      await client.replicaof('NO', 'ONE')
      await worksAgain(provider)
    }),
  )
})
