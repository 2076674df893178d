// What the Redis provider keeps: keys, values and lives as Redis itself shows them, and values that are not its own.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import type { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'
import { failureOf } from '../support/failure-of.js'
import { samplePage } from '../core/providers/sample-page.js'
import { withBench } from './support/redis-bench.js'
import { startRedisProxy } from './support/redis-proxy.js'

describe('a page in Redis', () => {
  test(
    'is one value under the prefix and its token, lives as long as the page and not longer, and is gone after a pull',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      const [token, page] = [createPageToken(), samplePage({ body: randomBytes(1000) })]
      await provider.store(token, page)
      expect(await client.keys('*')).toEqual([`facsimile:${token}`])
      const value = (await client.getBuffer(`facsimile:${token}`)) as Buffer
      expect(value.toString('latin1', 0, 4)).toBe('FCS1')
      expect(value.subarray(-1000).equals(page.body)).toBe(true)
      expect(await client.call('PEXPIRETIME', `facsimile:${token}`)).toBeLessThan(page.expiresAt)
      await provider.pull(token)
      expect(await client.dbsize()).toBe(0)
    }),
  )

  test(
    'does not outlive its deadline when the command was long on its way',
    withBench(async (bench) => {
      const { port, url } = await bench.server()
      const proxy = await startRedisProxy(port)
      bench.onEnd(() => proxy.close())
      const provider = bench.provider({ location: proxy.url, timeoutMs: 5000 })
      await provider.peek(createPageToken()) // connects
      proxy.delay('\nset\r\n', 400)
      const [token, page] = [createPageToken(), samplePage()]
      await provider.store(token, page)
      const client = await bench.client(url)
      expect(await client.call('PEXPIRETIME', `facsimile:${token}`)).toBeLessThan(page.expiresAt)
    }),
  )

  test(
    'leaves no key behind when it was pulled, removed or stored after its end',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const provider = bench.provider({ location: url })
      const tokens = Array.from({ length: 30 }, createPageToken)
      await Promise.all(tokens.map((token) => provider.store(token, samplePage())))
      await Promise.all(
        tokens.map((token, index) => {
          if (index % 3 === 0) return provider.pull(token)
          if (index % 3 === 1) return provider.remove(token)
          return provider.store(token, samplePage({ expiresAt: Date.now() - 1 }))
        }),
      )
      await provider.check()
      expect(await (await bench.client(url)).dbsize()).toBe(0)
    }),
  )

  test(
    'is seen under its own prefix only, whatever patterns the prefixes look like, and in its own database only',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const settings = ['a:', 'a:b:', 'a*', 'a?', 'A:'].map((prefix) => ({ location: url, prefix }))
      const providers = [...settings, { location: `${url}/1?prefix=a:` }].map((each) => bench.provider(each))
      const token = createPageToken()
      for (const [index, provider] of providers.entries()) {
        expect(await provider.peek(token)).toBeUndefined()
        await provider.store(token, samplePage({ url: `/${index}` }))
      }
      for (const [index, provider] of providers.entries()) {
        expect((await provider.pull(token))?.url).toBe(`/${index}`)
        expect(await provider.pull(token)).toBeUndefined()
      }
    }),
  )

  test(
    'is not refused because the clock of another server is 10 minutes ahead',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const provider = bench.provider({ location: url })
      const [token, page] = [createPageToken(), samplePage()]
      await provider.store(token, page)
      const { now } = Date
      try {
        Date.now = () => now() + 600_000
        expect((await provider.peek(token))?.expiresAt).toBe(page.expiresAt)
        expect((await provider.pull(token))?.expiresAt).toBe(page.expiresAt)
      } finally {
        Date.now = now
      }
    }),
  )
})

describe('a page that is too large', () => {
  test(
    'is refused before it is sent when its body is over maxPageBytes',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const provider = bench.provider({ location: url, maxPageBytes: 1000 })
      const token = createPageToken()
      await provider.store(token, samplePage({ body: Buffer.alloc(1000) }))
      const error = await failureOf(provider.store(createPageToken(), samplePage({ body: Buffer.alloc(1001) })))
      expect(error).toMatchObject({ code: 'PAGE_TOO_LARGE' })
      expect(error.message).toMatch('a page of 1001 bytes is longer than maxPageBytes = 1000')
      expect((await provider.pull(token))?.body.length).toBe(1000)
    }),
  )

  test(
    'is refused before it is sent when Redis would cut the connection over it',
    withBench(async (bench) => {
      const { port } = await bench.server('--proto-max-bulk-len', '2mb')
      const proxy = await startRedisProxy(port)
      bench.onEnd(() => proxy.close())
      const provider = bench.provider({ location: proxy.url, timeoutMs: 5000 })
      const token = createPageToken()
      await provider.store(token, samplePage({ body: Buffer.alloc(2_000_000, 1) }))
      const error = await failureOf(provider.store(createPageToken(), samplePage({ body: Buffer.alloc(2_097_152) })))
      expect(error).toMatchObject({ code: 'PAGE_TOO_LARGE' })
      expect(error.message).toMatch('proto-max-bulk-len = 2097152')
      expect((await provider.pull(token))?.body.length).toBe(2_000_000)
      expect(proxy.connections()).toBe(1)
    }),
  )
})

describe('a value that is no page', () => {
  test.each<[string, (record: Buffer) => Buffer]>([
    ['random bytes', () => randomBytes(300)],
    ['nothing', () => Buffer.alloc(0)],
    ['a record cut short', (record) => record.subarray(0, -1)],
    ['a record with one changed bit', (record) => Buffer.from(record.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))],
    ['JSON of somebody else', () => Buffer.from('{"url":"/","body":"x"}')],
  ])('is a miss: %s', async (_kind, damage) => {
    await withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      const token = createPageToken()
      await provider.store(token, samplePage())
      const key = `facsimile:${token}`
      await client.set(key, damage((await client.getBuffer(key)) as Buffer))
      expect(await provider.peek(token)).toBeUndefined()
      expect(await provider.pull(token)).toBeUndefined()
      await provider.store(token, samplePage())
      expect(await provider.pull(token)).toBeDefined()
    })()
  })

  test.each([[[]], [['--rename-command', 'GETDEL', '']]])(
    'is a miss and stays when it has another type (server with %j)',
    async (args) => {
      await withBench(async (bench) => {
        const { url } = await bench.server(...args)
        const client = await bench.client(url)
        const provider = bench.provider({ location: url })
        const token = createPageToken()
        await client.lpush(`facsimile:${token}`, 'not ours')
        expect(await provider.peek(token)).toBeUndefined()
        expect(await provider.pull(token)).toBeUndefined()
        expect(await client.llen(`facsimile:${token}`)).toBe(1)
      })()
    },
  )
})

describe('a server that has no GETDEL', () => {
  test(
    'is noticed once per connection, gives each page once, and is healthy',
    withBench(async (bench) => {
      const { url } = await bench.server('--rename-command', 'GETDEL', '')
      const client = await bench.client(url)
      const provider = bench.provider({ location: url })
      const refusedBefore = await countRefusals(client)
      const pulled: unknown[] = []
      for (let round = 0; round < 20; round++) {
        const token = createPageToken()
        await provider.store(token, samplePage())
        pulled.push(...(await Promise.all(Array.from({ length: 20 }, () => provider.pull(token)))))
      }
      expect(pulled.filter((page) => page !== undefined)).toHaveLength(20)
      expect(await provider.check()).toEqual([])
      expect(await client.dbsize()).toBe(0)
      // Only the pulls that were under way together can have met it.
      expect((await countRefusals(client)) - refusedBefore).toBeLessThanOrEqual(20)
    }),
  )
})

/** How many commands the server has refused so far. */
async function countRefusals(client: Redis): Promise<number> {
  return Number(/errorstat_ERR:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0)
}
