// Settings as they are shown: complete, and with no secret in them wherever one can stand.
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { maskSettings, resolveSettings } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'

const MARKER = 'pl4nted'
const SNIPPET = { name: 'recorder', html: '<i></i>', placement: 'body-end' }

/** As text in every way in which an object may be shown. */
function shown(input: object): string {
  const masked = maskSettings(resolveSettings(input))
  return JSON.stringify(masked) + inspect(masked, { depth: Infinity, showHidden: true })
}

describe('no secret is shown that stands', () => {
  test.each<[string, object]>([
    ['in the password of Redis', { cacheProvider: `redis://:${MARKER}@cache.example:6379/2` }],
    ['in the password of a user of Redis', { cacheProvider: `rediss://shop:${MARKER}@cache.example` }],
    ['in the password for Sentinels', { cacheProvider: `redis+sentinel://u:${MARKER}@a:1,b:2/main` }],
    ['in the password of a database', { cacheProvider: `mysql://shop:${MARKER}@db.example/shop?table=waiting` }],
    ['in a password with an @', { cacheProvider: `mysql://shop:x@${MARKER}@db.example/shop` }],
    ['in a password with slashes', { cacheProvider: `mysql://shop:/x?${MARKER}#@db.example/shop` }],
    ['in a parameter of a location', { cacheProvider: `redis://cache.example/0?password=${MARKER}&prefix=shop` }],
    ['in a location without a scheme', { cacheProvider: `shop:${MARKER}@db.example/shop` }],
    ['in the key that pages are sealed with', { encryptionKeys: [`${MARKER}${'A'.repeat(36)}=`] }],
    ['in a previous key', { encryptionKeys: ['A'.repeat(43), `${MARKER}${'B'.repeat(36)}`] }],
    ['in a key of bytes', { encryptionKeys: [Buffer.from(MARKER.padEnd(32, 'x'))] }],
    ['in a parameter of the fetch URL', { fetchUrl: `https://s1.example/f?t=%CacheToken%&api_key=${MARKER}&x=1` }],
    ['in a provider object', { cacheProvider: Object.assign(createMemoryProvider(), { password: MARKER }) }],
    ['in a name of a provider', { cacheProvider: { ...createMemoryProvider(), name: `redis://:${MARKER}@cache` } }],
    ['in a logger', { logger: Object.assign(Object.create(console) as Console, { apiKey: MARKER }) }],
    [
      'in the code of a condition',
      { snippets: [{ ...SNIPPET, when: ({ path }: { path: string }) => path === '/pl4nted' }] },
    ],
  ])('%s', (_place, input) => {
    const text = shown(input)
    expect(text).not.toContain(MARKER)
    expect(text).not.toContain(Buffer.from(MARKER).toString('hex'))
  })
})

test('all settings are there, as they are in force', () => {
  const masked = maskSettings(
    resolveSettings({
      cacheProvider: 'mysql://shop:s3cret@db.example/shop',
      encryptionKeys: ['A'.repeat(43), 'B'.repeat(43)],
      fetchUrl: 'https://s1.example/f?token=%CacheToken%',
      snippets: [{ ...SNIPPET, when: () => true, unlessPageContains: undefined }],
      logger: console,
    }),
  )
  expect(masked).toMatchObject({
    snippets: [{ ...SNIPPET, when: 'a function' }],
    cacheProvider: 'mysql://shop:***@db.example/shop',
    maxCachedSeconds: 60,
    clientAddress: { source: 'socket', trustedProxies: [] },
    fetchUrl: 'https://s1.example/f?token=%CacheToken%',
    optOutCookie: { name: 'WRUID', value: '0' },
    encryptionKeys: '2 keys',
    logger: 'given',
  })
  expect(JSON.parse(JSON.stringify(masked))).toEqual(masked)
})

test('what is not set is said to be so', () => {
  const masked = maskSettings(resolveSettings({}))
  expect(masked).toMatchObject({ ...resolveSettings({}), fetchUrl: null, encryptionKeys: 'none', logger: 'none' })
  expect(maskSettings(resolveSettings({ encryptionKeys: ['A'.repeat(43)] }))).toMatchObject({ encryptionKeys: '1 key' })
  expect(maskSettings(resolveSettings({ cacheProvider: createMemoryProvider() }))).toMatchObject({
    cacheProvider: 'the provider "memory"',
  })
})
