// How much waits in Redis: counted among the keys of others, in few commands, and by users who may do little.
import { describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { storeSome } from '../core/providers/sample-page.js'
import { withBench } from './support/redis-bench.js'

describe('the usage of a Redis', () => {
  test(
    'counts the keys with the prefix, letter by letter, and none of others',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      const strange = bench.provider({ location: url, prefix: 'a*[b]?\\c^:' })
      const plain = bench.provider({ location: url, prefix: 'axb:' })
      await storeSome(strange, 7)
      await storeSome(plain, 4)
      await client.set('a anything b c^:1', 'of somebody else')
      expect(await strange.usage?.()).toMatchObject({ pages: 7 })
      expect(await plain.usage?.()).toMatchObject({ pages: 4 })
    }),
  )

  test(
    'tells how full the server is',
    withBench(async (bench) => {
      const { url } = await bench.server('--maxmemory', '50000000')
      const { note } = (await bench.provider({ location: url }).usage?.()) ?? {}
      expect(note).toMatch(/^The whole server uses \d{5,8} bytes of its maxmemory of 50000000\.$/)
    }),
  )

  test(
    'finds the pages of a client with a keyPrefix',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = new Redis(url, { keyPrefix: 'shop[1]:' })
      bench.onEnd(() => client.disconnect())
      const provider = bench.provider({ client })
      await storeSome(provider, 3)
      expect(await provider.usage?.()).toMatchObject({ pages: 3 })
    }),
  )

  test(
    'is not known where there are too many keys, and it stops early',
    withBench(async (bench) => {
      const { url } = await bench.server()
      const client = await bench.client(url)
      await client.eval(`for i = 1, 60000 do redis.call('SET', 'k' .. i, '') end`, 0)
      const usage = (await bench.provider({ location: url, timeoutMs: 5_000 }).usage?.()) ?? {}
      expect(usage.pages).toBeUndefined()
      expect(usage.note).toMatch(
        /^There are so many keys in its database that the pages among them were not counted\. /,
      )
      const calls = /cmdstat_scan:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]
      expect(Number(calls)).toBe(25)
    }),
  )

  test(
    'is not known to a user with just the rights that pages need, which is no failure',
    withBench(async (bench) => {
      const { url, port } = await bench.server()
      const client = await bench.client(url)
      const rights = '+set +get +getdel +del +pexpire +ping +select +info'.split(' ')
      await client.call('ACL', 'SETUSER', 'shop', 'on', '>pw', '~facsimile:*', ...rights)
      const provider = bench.provider({ location: `redis://shop:pw@127.0.0.1:${port}`, timeoutMs: 5_000 })
      await storeSome(provider, 1)
      expect(await provider.usage?.()).toEqual({
        note: expect.stringMatching(/^Its user may not SCAN, so the pages were not counted\. The whole server uses /),
      })
    }),
  )
})
