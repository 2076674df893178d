// Locations of the Redis provider, and its settings: what is understood, what is refused, and in which words.
import { describe, expect, test } from '@jest/globals'
import { createRedisProvider, isRedisLocation, type RedisProviderSettings } from '@facsimile/core/redis'
import { parseRedisLocation } from '../../packages/core/src/providers/redis/redis-location.js'

const plain = { tls: false, db: 0 }
const local = { host: '127.0.0.1', port: 6379 }

describe('a redis location', () => {
  test.each<[string, object]>([
    ['redis://127.0.0.1', { ...plain, hosts: [local] }],
    ['REDIS://127.0.0.1/', { ...plain, hosts: [local] }],
    ['redis://cache.example:6380/15', { tls: false, db: 15, hosts: [{ host: 'cache.example', port: 6380 }] }],
    ['redis://redis_cache', { ...plain, hosts: [{ host: 'redis_cache', port: 6379 }] }],
    ['rediss://127.0.0.1', { tls: true, db: 0, hosts: [local] }],
    ['redis://[::1]', { ...plain, hosts: [{ host: '::1', port: 6379 }] }],
    ['redis://[2001:db8::7]:7000/1', { tls: false, db: 1, hosts: [{ host: '2001:db8::7', port: 7000 }] }],
    ['redis://:s3cret@127.0.0.1', { ...plain, hosts: [local], password: 's3cret' }],
    ['redis://shop:a%40b%2Fc%3A%25@127.0.0.1', { ...plain, hosts: [local], username: 'shop', password: 'a@b/c:%' }],
    ['redis://shop:a:b@127.0.0.1', { ...plain, hosts: [local], username: 'shop', password: 'a:b' }],
    ['redis://shop@127.0.0.1', { ...plain, hosts: [local], username: 'shop', password: '' }],
    ['redis://127.0.0.1?prefix=shop%3A', { ...plain, hosts: [local], prefix: 'shop:' }],
    ['redis://127.0.0.1/?timeoutMs=250&prefix=a+b', { ...plain, hosts: [local], timeoutMs: 250, prefix: 'a+b' }],
    [
      'redis+sentinel://one,two:26380,[::1]/main',
      {
        ...plain,
        masterName: 'main',
        hosts: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 26_380 },
          { host: '::1', port: 26_379 },
        ],
      },
    ],
    [
      'rediss+sentinel://u:p@one/main/3?prefix=x',
      {
        tls: true,
        db: 3,
        masterName: 'main',
        hosts: [{ host: 'one', port: 26_379 }],
        username: 'u',
        password: 'p',
        prefix: 'x',
      },
    ],
  ])('is understood: %s', (location, expected) => {
    expect(isRedisLocation(location)).toBe(true)
    expect(parseRedisLocation(location)).toEqual(expected)
  })

  test.each<[string, RegExp]>([
    ['redis:', /cannot be read/],
    ['redis:127.0.0.1', /cannot be read/],
    ['redis://', /names no host/],
    ['redis://:6379', /names no host/],
    ['redis://a..b:0', /has a port that is no number from 1 to 65535/],
    ['redis://host:65536', /has a port that is no number/],
    ['redis://host:63a', /has a port that is no number/],
    ['redis://host:', /has a port that is no number/],
    ['redis://ho st', /the host "ho st", which is no host name/],
    ['redis://-host', /the host "-host"/],
    ['redis://::1', /an IPv6 address stands in brackets/],
    ['redis://[::1', /an IPv6 address stands in brackets/],
    ['redis://[127.0.0.1]', /the host "127.0.0.1", which is no host name/],
    ['redis://host/one', /the database "one", which is no number/],
    ['redis://host/1/2', /the database "1\/2"/],
    ['redis://host/-1', /the database "-1"/],
    ['redis://one,two', /names several hosts, which only Sentinels may be/],
    ['redis://@host', /has an @ but names no user/],
    ['redis://user:%zz@host', /a % in its password .* write it %25/],
    ['redis://user:p@ss@host', /has an @ in its user or password, which is written %40/],
    ['redis://user:p#ss@host', /cannot be read .*%23/],
    ['redis://user:p/ss@host', /cannot be read .*%2F/],
    ['redis://host#0', /cannot be read/],
    ['redis://host?db=1', /the unknown parameter "db"/],
    ['redis://host?prefix=a&prefix=b', /the parameter prefix twice/],
    ['redis://host?prefix=', /prefix is ""/],
    ['redis://host?prefix=%7Ba%7D', /leave out braces/],
    ['redis://host?timeoutMs=1e3', /timeoutMs is "1e3"; give a whole number from 100 to 60000/],
    ['redis://host?timeoutMs=99', /timeoutMs is 99/],
    ['redis+sentinel://one,two', /names no master/],
    ['redis+sentinel://one,/main', /names no host/],
    ['redis+sentinel://one/main/x', /the database "x"/],
  ])('is refused with what is wrong and the right form: %s', (location, problem) => {
    const create = () => createRedisProvider({ location })
    expect(create).toThrow(expect.objectContaining({ code: 'LOCATION_INVALID' }))
    expect(create).toThrow(problem)
    expect(create).toThrow('write redis://[user[:password]@]host[:port][/db]')
  })

  test.each([
    'redis://user:s3cret@host:x',
    'redis://user:s3cret@part@host',
    'redis://user:s3cret/x@host',
    'redis://user:12/s3cret@host',
    'redis://user:s3cret#x@host',
    'redis://:s3cret%zz@host',
    'redis://host?password=s3cret',
    'redis+sentinel://u:s3cret@one',
  ])('never shows its password: %s', (location) => {
    const create = () => createRedisProvider({ location })
    expect(create).toThrow('***')
    expect(create).not.toThrow('s3cret')
  })

  test.each(['memory:', 'file:redis://', 'http://redis', 'redisx://a', 'redis+cluster://a', ''])(
    'is not %s',
    (location) => {
      expect(isRedisLocation(location)).toBe(false)
    },
  )
})

describe('createRedisProvider', () => {
  const location = 'redis://127.0.0.1'

  test.each<[object, string]>([
    [{ prefix: '' }, 'prefix is ""; give a few characters'],
    [{ prefix: 'a{b' }, 'prefix is "a{b"; leave out braces'],
    [{ prefix: 'a}' }, 'leave out braces'],
    [{ prefix: 'a\n' }, 'leave out braces and control characters'],
    [{ prefix: 'ä'.repeat(33) }, 'give at most 64 bytes'],
    [{ prefix: 7 }, 'prefix is 7; give a string'],
    [{ timeoutMs: 0 }, 'timeoutMs is 0; give a whole number from 100 to 60000'],
    [{ timeoutMs: Infinity }, 'timeoutMs is Infinity'],
    [{ timeoutMs: '500' }, 'timeoutMs is "500"'],
    [{ maxPageBytes: 0 }, 'maxPageBytes is 0'],
  ])('refuses the setting %j', (settings, problem) => {
    const create = () => createRedisProvider({ location, ...settings })
    expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    expect(create).toThrow(problem)
  })

  test.each<[object, string]>([
    [{}, 'either a location or a client'],
    [{ location, client: {} }, 'either a location or a client'],
    [{ client: {} }, 'client is no ioredis client'],
    [{ client: 'redis://127.0.0.1' }, 'client is no ioredis client'],
  ])('refuses %j', (settings, problem) => {
    const create = () => createRedisProvider(settings as RedisProviderSettings)
    expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    expect(create).toThrow(problem)
  })

  test('takes a prefix of 64 bytes and characters that are patterns elsewhere', () => {
    expect(createRedisProvider({ location, prefix: 'ä'.repeat(32) }).name).toBe('redis')
    expect(createRedisProvider({ location, prefix: 'a*?[b]:' }).name).toBe('redis')
  })

  test('connects to nothing and leaves nothing behind when it is never used', async () => {
    const before = process.getActiveResourcesInfo().length
    const provider = createRedisProvider({ location: 'redis://127.0.0.1:1' })
    await provider.close()
    expect(process.getActiveResourcesInfo().length).toBe(before)
  })
})
