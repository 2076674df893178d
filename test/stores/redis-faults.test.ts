// Faults of Redis, made with real servers: each has its own sentence, none looks like a miss, and all are got over.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, FacsimileError, type CacheProvider } from '@facsimile/core'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { inspect } from 'node:util'
import { failureOf } from '../support/failure-of.js'
import { samplePage, withFolder } from '../core/providers/sample-page.js'
import { eventually } from '../support/eventually.js'
import { closedPort, freeze, withBench } from './support/redis-bench.js'
import { startRedisProxy } from './support/redis-proxy.js'
import { createSelfSigned } from './support/redis-certificate.js'
import { countListeners, watchSockets } from './support/fault-sockets.js'

// It stores a page, and closes its provider when told to; it imports the built package.
const CLOSE = join(import.meta.dirname, 'workers', 'redis-close.mjs')

/** Resolves when the provider stores and gives back a page, within ten seconds. */
async function expectRecovery(provider: CacheProvider): Promise<void> {
  const token = createPageToken()
  await eventually('stores again', async () => {
    const [stored] = await Promise.allSettled([provider.store(token, samplePage())])
    return stored.status === 'fulfilled'
  })
  expect(await provider.pull(token)).toBeDefined()
  expect(await provider.check()).toEqual([])
}

describe('a Redis that cannot be reached', () => {
  test(
    'is told apart when it refuses connections, at once and on every call',
    withBench(async (bench) => {
      const port = await closedPort()
      const provider = bench.provider({ location: `redis://127.0.0.1:${port}`, timeoutMs: 20_000 })
      for (const call of [
        () => provider.store(createPageToken(), samplePage()),
        () => provider.pull(createPageToken()),
        () => provider.peek(createPageToken()),
        () => provider.remove(createPageToken()),
      ]) {
        const error = await failureOf(call())
        expect(error).toBeInstanceOf(FacsimileError)
        expect(error).toMatchObject({ code: 'PROVIDER_FAILED', cause: { code: 'ECONNREFUSED' } })
        expect(error.message).toMatch(`at 127.0.0.1:${port}: nothing accepts connections there (ECONNREFUSED).`)
      }
      expect(await provider.check()).toEqual([expect.stringMatching(/ECONNREFUSED\)\. See that Redis runs/)])
    }),
  )

  test(
    'is told apart when its name is unknown',
    withBench(async (bench) => {
      const provider = bench.provider({ location: 'redis://nope.invalid', timeoutMs: 20_000 })
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(/at nope\.invalid:6379: its host name .*(ENOTFOUND|EAI_AGAIN)/)
    }),
  )

  test(
    'is told apart when it does not speak TLS',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const provider = bench.provider({ location: url.replace('redis:', 'rediss:') })
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error.message).toMatch(/ready in time\. .* rediss: is written for TLS only/)
    }),
  )

  test(
    'is told apart when its certificate is not to be trusted, and used by a process that trusts the authority',
    withBench(async (bench) => {
      const { port } = await bench.server()
      const { key, cert } = createSelfSigned('localhost')
      const tls = createTlsServer({ key, cert }, (socket) => {
        const redis = connect(port, '127.0.0.1')
        socket.pipe(redis).pipe(socket)
        for (const end of [socket, redis]) end.on('error', () => (socket.destroy(), redis.destroy()))
      })
      tls.on('tlsClientError', () => undefined) // the provider hangs up, as it should
      await new Promise<void>((resolve) => tls.listen(0, resolve))
      bench.onEnd(() => tls.close())
      const location = `rediss://localhost:${(tls.address() as AddressInfo).port}`
      const provider = bench.provider({ location, timeoutMs: 5000 })
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(/its certificate is not to be trusted .*SELF_SIGNED.* NODE_EXTRA_CA_CERTS/)

      await withFolder(async (folder) => {
        const authority = join(folder, 'authority.pem')
        await writeFile(authority, cert)
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority }
        const worker = fork(CLOSE, [`${location}?timeoutMs=5000`], { execArgv: [], env })
        bench.onEnd(() => worker.kill('SIGKILL'))
        expect(await once(worker, 'message', { signal: AbortSignal.timeout(20_000) })).toEqual(['stored', undefined])
        worker.send('close')
        await once(worker, 'exit', { signal: AbortSignal.timeout(20_000) })
      })
    }),
  )

  test(
    'is told apart when it accepts connections and says nothing',
    withBench(async (bench) => {
      const silent = createServer((socket) => socket.on('error', () => socket.destroy()))
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      bench.onEnd(() => silent.close())
      const location = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`
      const provider = bench.provider({ location, timeoutMs: 200 })
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
      expect(error.message).toMatch('no connection was ready in time. See that nothing blocks the way there')
    }),
  )

  test(
    'is used within ten seconds of its start, by the provider that was there before it',
    withBench(async (bench) => {
      const server = await bench.server()
      await server.kill('SIGKILL')
      const provider = bench.provider({ location: server.url })
      await failureOf(provider.store(createPageToken(), samplePage()))
      await server.restart()
      await expectRecovery(provider)
    }),
  )
})

describe('a Redis that refuses', () => {
  test.each([
    ['asks for a password', '', /asks for a password and was given none/],
    ['is given a wrong password', ':wr0ng@', /refuses the user or the password/],
    ['is given an unknown user', 'shop:wr0ng@', /refuses the user or the password/],
  ])('is told apart when it %s, which is never shown', async (_case, user, words) => {
    await withBench(async (bench) => {
      const { port } = await bench.server('--requirepass', 's3cret')
      const provider = bench.provider({ location: `redis://${user}127.0.0.1:${port}` })
      const error = await failureOf(provider.pull(createPageToken()))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(words)
      expect(inspect(error, { depth: 9 })).not.toMatch(/wr0ng|s3cret/)
      expect(await provider.check()).toEqual([expect.stringMatching(words)])
    })()
  })

  test(
    'is used with the right password, percent-encoded, and again after the password was put right',
    withBench(async (bench) => {
      const { port } = await bench.server('--requirepass', 'a@b/c:%')
      const provider = bench.provider({ location: `redis://:a%40b%2Fc%3A%25@127.0.0.1:${port}` })
      expect(await provider.check()).toEqual([])
      const client = await bench.client(`redis://:a%40b%2Fc%3A%25@127.0.0.1:${port}`)
      const early = bench.provider({ location: `redis://:later@127.0.0.1:${port}` })
      await failureOf(early.pull(createPageToken()))
      await client.config('SET', 'requirepass', 'later')
      await expectRecovery(early)
    }),
  )

  test(
    'is told apart when the user lacks a permission, and shows neither token nor page',
    withBench(async (bench) => {
      const { url, port } = await bench.server()
      const client = await bench.client(url)
      await client.call('ACL', 'SETUSER', 'shop', 'on', '>pw', '~facsimile:*', '+@connection', '+get', '+info')
      const provider = bench.provider({ location: `redis://shop:pw@127.0.0.1:${port}` })
      const token = createPageToken()
      const error = await failureOf(provider.store(token, samplePage({ body: Buffer.from('private page') })))
      expect(error.message).toMatch(/its user may not run that command .*NOPERM.* Allow it \+set \+get \+getdel/)
      expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`${token}|private page`))
    }),
  )

  test(
    'works for a user with just the rights that its sentence names, without a word about INFO or CONFIG',
    withBench(async (bench) => {
      const { url, port } = await bench.server()
      const client = await bench.client(url)
      const rights = '+set +get +getdel +del +pexpire +ping +select +info'.split(' ')
      await client.call('ACL', 'SETUSER', 'shop', 'on', '>pw', '~facsimile:*', ...rights)
      const provider = bench.provider({ location: `redis://shop:pw@127.0.0.1:${port}/1`, timeoutMs: 5000 })
      expect(await provider.check()).toEqual([])
      const token = createPageToken()
      await provider.store(token, samplePage({ body: Buffer.alloc(2_000_000) })) // may not ask for the longest value
      expect((await provider.pull(token))?.body.length).toBe(2_000_000)
    }),
  )

  test(
    'shows neither token nor page when it does not know a command',
    withBench(async (bench) => {
      const { url } = await bench.server('--rename-command', 'SET', '')
      const provider = bench.provider({ location: url })
      const token = createPageToken()
      const error = await failureOf(provider.store(token, samplePage({ url: '/private' })))
      expect(error.message).toMatch(/unknown command/)
      expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`${token}|private`))
    }),
  )

  test(
    'is told apart when its memory is full; pages that are there can still be taken, and it gets over it',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      const token = createPageToken()
      await provider.store(token, samplePage())
      await client.config('SET', 'maxmemory', '1')
      const error = await failureOf(provider.store(createPageToken(), samplePage()))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(/its memory is full .*OOM.* Raise its maxmemory/)
      expect(await provider.check()).toEqual([expect.stringMatching(/its memory is full/)])
      expect(await provider.pull(token)).toBeDefined()
      await client.config('SET', 'maxmemory', '0')
      await expectRecovery(provider)
    }),
  )

  test(
    'is told apart when it is a read-only replica, serves no page that it cannot remove, and is got over',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      const token = createPageToken()
      await provider.store(token, samplePage())
      await client.call('REPLICAOF', '127.0.0.1', String(await closedPort()))
      const store = await failureOf(provider.store(createPageToken(), samplePage()))
      expect(store.message).toMatch(/it is a read-only replica .*READONLY.* Name the primary/)
      const pull = await failureOf(provider.pull(token))
      expect(pull.message).toMatch(/read-only replica/)
      expect(await provider.peek(token)).toBeDefined()
      await client.config('SET', 'replica-serve-stale-data', 'no')
      const down = await failureOf(provider.peek(token))
      expect(down.message).toMatch(/a replica that has lost its primary .*MASTERDOWN/)
      await client.call('REPLICAOF', 'NO', 'ONE')
      await expectRecovery(provider)
    }),
  )

  test.each([
    ['LOADING Redis is loading the dataset in memory', 'it is still loading its data'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'its cluster does not serve these keys now'],
    ['MOVED 12 127.0.0.1:7000', 'it is one node of a Redis Cluster'],
    ['MISCONF Redis is configured to save RDB snapshots', 'it cannot write to its disk'],
    ['NOREPLICAS Not enough good replicas to write.', 'it has too few replicas'],
    ['BUSY Redis is busy running a script.', 'a script occupies it'],
    ['ERR something that nobody has heard of', 'ERR something that nobody has heard of'],
  ])('is told apart when it answers %s', async (reply, words) => {
    await withBench(async (bench) => {
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy())
        socket.on('data', (bytes) => socket.write(bytes.includes('info') ? '+OK\r\n' : `-${reply}\r\n`))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      bench.onEnd(() => server.close())
      const location = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
      const provider = bench.provider({ location, timeoutMs: 5000 })
      for (const call of [
        () => provider.store(createPageToken(), samplePage()),
        () => provider.pull(createPageToken()),
      ]) {
        const error = await failureOf(call())
        expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
        expect(error.message).toMatch(words)
      }
    })()
  })

  test(
    'is told apart when it has no such database, and nothing is kept in another one',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const provider = bench.provider({ location: `${url}/99` })
      for (let call = 0; call < 3; call++) {
        const error = await failureOf(provider.store(createPageToken(), samplePage()))
        expect(error.message).toMatch(/it has no such database .* Name another one/)
      }
      expect(await (await bench.client(url)).dbsize()).toBe(0)
    }),
  )

  test(
    'is healthy but named when it would evict pages in any order',
    withBench(async (bench) => {
      const { url } = await bench.server('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru')
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      expect(await provider.check()).toEqual([expect.stringMatching(/allkeys-lru\): set volatile-ttl/)])
      await client.config('SET', 'maxmemory-policy', 'volatile-ttl')
      expect(await provider.check()).toEqual([])
    }),
  )
})

describe('a connection that is lost', () => {
  test(
    'in the middle of a pull rejects, says that the outcome is unknown, and never gives the page a second time',
    withBench(async (bench) => {
      const { port, url } = await bench.server()
      const proxy = await startRedisProxy(port)
      bench.onEnd(() => proxy.close())
      const provider = bench.provider({ location: proxy.url })
      const [lost, kept] = [createPageToken(), createPageToken()]
      await provider.store(lost, samplePage())
      await provider.store(kept, samplePage())
      proxy.cutAfter(lost)
      const error = await failureOf(provider.pull(lost))
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(error.message).toMatch(/cut before an answer came, so nobody knows whether it was done/)
      // The next call waits for the new connection.
      expect(await provider.pull(kept)).toBeDefined()
      expect(await provider.pull(lost)).toBeUndefined()
      expect(await (await bench.client(url)).dbsize()).toBe(0)
    }),
  )

  test(
    'by a freeze rejects in time and says so; the server is used again when it thaws',
    withBench(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url })
      const token = createPageToken()
      await provider.store(token, samplePage())
      const thaw = await freeze(server)
      const error = await failureOf(provider.pull(token))
      expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
      expect(error.message).toMatch(/no answer came within 500 ms, so nobody knows whether it was done/)
      expect(await provider.check()).toEqual([expect.stringMatching(/within 500 ms|ready in time/)])
      await thaw()
      await expectRecovery(provider)
    }),
  )

  test(
    'a hundred times leaves no connection and no listener behind',
    withBench(async (bench) => {
      const { port } = await bench.server()
      const proxy = await startRedisProxy(port)
      bench.onEnd(() => proxy.close())
      const sockets = watchSockets(Number(new URL(proxy.url).port))
      bench.onEnd(() => sockets.stop())
      const provider = bench.provider({ location: proxy.url, timeoutMs: 5000 })
      const listeners = async () => {
        await provider.peek(createPageToken())
        const open = sockets.open()
        expect(open).toHaveLength(1)
        return open.map(countListeners)
      }
      const atFirst = await listeners()
      for (let round = 1; round <= 100; round++) {
        // More callers than a client may have listeners wait for each connection.
        await Promise.all(Array.from({ length: 20 }, () => provider.peek(createPageToken())))
        const before = proxy.connections()
        proxy.cutAll()
        await eventually('the cut is noticed', async () => {
          await Promise.allSettled([provider.peek(createPageToken())])
          return proxy.connections() > before
        })
      }
      expect(sockets.all().length).toBeGreaterThan(100)
      expect(await listeners()).toEqual(atFirst)
    }),
    60_000,
  )
})
