// Whose client it is: one of the user's stays as it was, and Cluster and Sentinel lead to the pages like a single server.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { Cluster, Redis } from 'ioredis'
import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { failureOf } from '../support/failure-of.js'
import { createRedisConnection } from '../../packages/core/src/providers/redis/redis-connection.js'
import { samplePage, withFolder } from '../core/providers/sample-page.js'
import { eventually } from '../support/eventually.js'
import { freeze, withBench } from './support/redis-bench.js'
import { startSentinel } from './support/redis-sentinel.js'

/** Most of it is the Sentinel's own: it waits, votes and promotes. */
const FAILOVER_MS = 40_000

const EVENTS = ['ready', 'error', 'close', 'end'] as const

describe('a client of the user', () => {
  test.each([
    ['ready', {}],
    ['not connected yet', { lazyConnect: true }],
    ['with a key prefix of its own', { keyPrefix: 'shop:' }],
    ['speaking RESP3 with its reply types', { protocol: 3 as const }],
  ])('that is %s is used, and left open with its options and listeners as they were', async (_kind, options) => {
    await withBench(async (bench) => {
      const { url } = await bench.server()
      const client = new Redis(url, options)
      bench.onEnd(() => client.disconnect())
      if (!('lazyConnect' in options)) await client.ping()
      const before = { ...client.options }
      const listeners = EVENTS.map((event) => client.listenerCount(event))
      const provider = bench.provider({ client })
      const token = createPageToken()
      await provider.store(token, samplePage())
      expect(await provider.pull(token)).toBeDefined()
      expect(await provider.check()).toEqual([])
      await provider.close()
      expect(client.status).toBe('ready')
      expect(await client.ping()).toBe('PONG')
      expect(client.options).toEqual(before)
      expect(EVENTS.map((event) => client.listenerCount(event))).toEqual(listeners)
    })()
  })

  test(
    'gets our deadline for each command, although it would wait for ever',
    withBench(async (bench) => {
      const server = await bench.server()
      const client = await bench.client(server.url)
      const provider = bench.provider({ client, timeoutMs: 200 })
      const thaw = await freeze(server)
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
      expect(error.message).toMatch(/at the given client: no answer came within 200 ms/)
      await thaw()
      await eventually('pulls again', async () => {
        const [pulled] = await Promise.allSettled([provider.pull(createPageToken())])
        return pulled.status === 'fulfilled'
      })
    }),
  )

  test(
    'is not asked while it has no connection, so that nothing waits in its queue',
    withBench(async (bench) => {
      const server = await bench.server()
      const client = new Redis(server.url, { retryStrategy: () => 50 })
      bench.onEnd(() => client.disconnect())
      await client.ping()
      const provider = bench.provider({ client, timeoutMs: 200 })
      const token = createPageToken()
      await provider.peek(token)
      await server.kill('SIGKILL')
      await eventually('the loss is noticed', () => client.status !== 'ready')
      await failureOf(provider.store(token, samplePage()))
      await server.restart()
      await eventually('it is connected again', () => client.status === 'ready')
      expect(await provider.pull(token)).toBeUndefined()
    }),
  )

  test(
    'that its owner has closed is told apart',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const provider = bench.provider({ client })
      await provider.pull(createPageToken())
      await client.quit()
      await eventually('it has ended', () => client.status === 'end')
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(/the connection was closed/)
    }),
  )
})

describe('a client of the provider', () => {
  test(
    'is replaced when ioredis has given it up',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const made: Redis[] = []
      const open = () => {
        made.push(new Redis(url, { lazyConnect: true }))
        return Promise.resolve(made.at(-1)!)
      }
      const connection = createRedisConnection(open, true)
      bench.onEnd(() => connection.close(1000))
      expect(await connection.ready()).toBe(made[0])
      made[0]!.disconnect()
      await eventually('it has ended', async () => {
        const [ready] = await Promise.allSettled([connection.ready()])
        return ready.status === 'fulfilled' && ready.value === made[1]
      })
      expect(made).toHaveLength(2)
    }),
  )

  test('needs ioredis, and says so', () =>
    withFolder(async (folder) => {
      // The built package, where no other package is to be found.
      await cp(join(import.meta.dirname, '../../packages/core/dist'), join(folder, 'dist'), { recursive: true })
      await writeFile(join(folder, 'package.json'), '{"type":"module"}')
      await writeFile(
        join(folder, 'use.js'),
        `import { createRedisProvider } from './dist/providers/redis-provider.js'
        const provider = createRedisProvider({ location: 'redis://127.0.0.1' })
        for (const problem of [...(await provider.check()), ...(await provider.check())]) console.log(problem)
        await provider.close()`,
      )
      const { stdout } = await promisify(execFile)(process.execPath, ['use.js'], { cwd: folder, timeout: 20_000 })
      const sentence =
        'The redis cache provider needs the package ioredis, which could not be loaded: run npm install ioredis.\n'
      expect(stdout).toBe(sentence.repeat(2))
    }))
})

describe('a Redis Cluster', () => {
  test(
    'is used through a client of the user, and named when a location leads to one node of it',
    withBench(async (bench) => {
      const server = await bench.server('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1')
      const single = await bench.client(server.url)
      const lonely = bench.provider({ location: server.url, timeoutMs: 5000 })
      const down = await failureOf(lonely.pull(createPageToken()))
      expect(down.message).toMatch(/its cluster does not serve these keys now .*CLUSTERDOWN/)
      await single.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      await eventually('the cluster is up', async () => (await single.cluster('INFO')).includes('cluster_state:ok'))

      const client = new Cluster([{ host: '127.0.0.1', port: server.port }], { lazyConnect: true })
      bench.onEnd(() => client.disconnect())
      const provider = bench.provider({ client, timeoutMs: 5000 })
      const tokens = Array.from({ length: 50 }, createPageToken)
      await Promise.all(tokens.map((token) => provider.store(token, samplePage({ url: `/${token}` }))))
      const slots = new Set(await Promise.all(tokens.map((token) => single.cluster('KEYSLOT', `facsimile:${token}`))))
      expect(slots.size).toBeGreaterThan(40)
      expect(await provider.usage?.()).toEqual({ pages: 50 })
      const pulled = await Promise.all(tokens.map((token) => provider.pull(token)))
      expect(pulled.map((page) => page?.url)).toEqual(tokens.map((token) => `/${token}`))
      expect(await provider.pull(tokens[0]!)).toBeUndefined()
      expect(await provider.check()).toEqual([])
      await provider.close()
      expect(client.status).toBe('ready')
    }),
  )
})

describe('Redis Sentinels', () => {
  test(
    'lead to the server that they name',
    withBench(async (bench) => {
      const server = await bench.server('--requirepass', 'pw')
      const sentinel = await startSentinel({ port: server.port, password: 'pw' })
      bench.onEnd(() => sentinel.stop())
      const provider = bench.provider({
        location: `redis+sentinel://:pw@127.0.0.1:${sentinel.port}/main/2`,
        timeoutMs: 5000,
      })
      const token = createPageToken()
      await provider.store(token, samplePage())
      expect(await (await bench.client(`redis://:pw@127.0.0.1:${server.port}/2`)).dbsize()).toBe(1)
      expect(await provider.pull(token)).toBeDefined()
      expect(await provider.check()).toEqual([])

      const stranger = bench.provider({ location: `redis+sentinel://127.0.0.1:${sentinel.port}/other` })
      const error = await failureOf(stranger.pull(createPageToken()))
      expect(error.message).toMatch(
        /could not take a page at other of the Sentinels 127\.0\.0\.1:\d+: no Sentinel named/,
      )
    }),
  )

  test(
    'lead to another server when the first one dies, without a new provider',
    withBench(async (bench) => {
      const first = await bench.server('--requirepass', 'pw', '--masterauth', 'pw')
      const replicaOf = ['--replicaof', '127.0.0.1', String(first.port), '--repl-diskless-sync-delay', '0']
      const second = await bench.server('--requirepass', 'pw', '--masterauth', 'pw', ...replicaOf)
      const client = await bench.client(second.url)
      await eventually('the replica has caught up', async () =>
        (await client.info('replication')).includes('master_link_status:up'),
      )
      const sentinel = await startSentinel({ port: first.port, password: 'pw' })
      bench.onEnd(() => sentinel.stop())
      await eventually('the Sentinel knows the replica', async () => {
        return ((await sentinel.ask('REPLICAS', 'main')) as unknown[]).length === 1
      })
      const provider = bench.provider({ location: `redis+sentinel://:pw@127.0.0.1:${sentinel.port}/main` })
      expect(await provider.check()).toEqual([])
      await first.kill('SIGKILL')
      const token = createPageToken()
      await failureOf(provider.store(token, samplePage()))
      await eventually(
        'pages are stored again',
        async () => {
          const [stored] = await Promise.allSettled([provider.store(token, samplePage())])
          return stored.status === 'fulfilled'
        },
        FAILOVER_MS,
      )
      expect(await client.exists(`facsimile:${token}`)).toBe(1)
      expect(await provider.pull(token)).toBeDefined()
    }),
    60_000,
  )
})
