// The published JSON Schema: made of the settings, complete, and of one mind with them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readSettingsText, resolveSettings } from '@facsimile/core'
import { SETTING_MEANINGS } from '../../packages/core/src/setting-meanings.js'
import { createSettingsSchema } from '../../packages/core/src/settings-json-schema.js'
import { settingsSchema } from '../../packages/core/src/settings.js'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'packages/core/settings.schema.json'), 'utf8')
const published = JSON.parse(text) as { properties: Record<string, object> }
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(published)

const SNIPPET = { name: 'recorder', html: '<i></i>', placement: 'body-end' }

function isAccepted(settings: object): boolean {
  try {
    resolveSettings(readSettingsText(JSON.stringify(settings), 'test.json'))
    return true
  } catch {
    return false
  }
}

test('it is what the settings generate', () => {
  const isFresh = JSON.stringify(published) === JSON.stringify(createSettingsSchema())
  expect(isFresh ? 'fresh' : 'The settings have changed: run `npm run schema` and commit the file.').toBe('fresh')
})

test('every setting that JSON can hold is in it, with its meaning and its default', () => {
  const { $schema, ...properties } = published.properties
  expect($schema).toBeDefined()
  expect(Object.keys(properties)).toEqual(Object.keys(settingsSchema.shape).filter((name) => name !== 'logger'))
  for (const [name, value] of Object.entries(resolveSettings({})))
    expect(properties[name]).toHaveProperty('default', value)
  type Described = { properties: Record<string, { description?: string }> }
  const objects: Described[] = []
  JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'properties' in value) objects.push(value as Described)
    return value
  })
  expect(objects).toHaveLength(4)
  for (const { properties: parts } of objects) {
    for (const part of Object.values(parts)) expect(part.description).toMatch(/^\S.{8,}\S$/)
  }
})

test("the meanings are those of the README's table", () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const table = readme.slice(readme.search(/^\| setting +\|/m)).split('\n\n', 1)[0] ?? ''
  // What names a file of settings cannot stand in one.
  const rows = table
    .replace(/^\| `settingsFile`.*\n/m, '')
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
  const named = rows.map(([name = '']) => name.slice(1, -1))
  expect(Object.keys(SETTING_MEANINGS).filter((name) => !name.includes('.'))).toEqual(named)
  for (const [name = '', , meaning = ''] of rows) {
    // The README leads on to its own chapters.
    const told = meaning.replace(/; see \[[^\]]+\]\(#[^)]+\)$/, '').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    expect([name, SETTING_MEANINGS[name.slice(1, -1)]]).toEqual([name, told])
  }
})

test("the README's settings file is one", () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const example = /```json\n([^]*?)```/.exec(readme)?.[1] ?? ''
  expect(validate(JSON.parse(example))).toBe(true)
  expect(() => resolveSettings(readSettingsText(example, 'README.md'))).not.toThrow()
})

describe('a validator that knows nothing of Facsimile accepts what Facsimile accepts:', () => {
  test.each<[object]>([
    [{}],
    [{ $schema: './node_modules/@facsimile/core/settings.schema.json' }],
    [{ snippets: [SNIPPET, { ...SNIPPET, name: 'other', when: ['/a/**', '**/b'], unlessPageContains: 'gtag(' }] }],
    [{ cacheProvider: 'redis://:s3cret@cache.example/2', maxCachedSeconds: 86_400, maxCachedPages: 1 }],
    [{ maxCachedBytes: Number.MAX_SAFE_INTEGER, maxPageBytes: 1024 ** 3, deleteAfterPull: false, sampleRatio: 0.05 }],
    [{ allowedAddresses: ['192.0.2.0/24', '203.0.113.9', '2001:db8::/32', '::1', '::ffff:10.0.0.0/104', '0.0.0.0/0'] }],
    [{ clientAddress: { source: 'X-Real-IP', trustedProxies: ['10.0.0.0/8', 'fd00::/8'] } }],
    [{ clientAddress: {} }],
    [{ fetchPath: '/.well-known/copies.html', stickyCookies: ['SERVERID', '__Host-lb'] }],
    [{ fetchUrl: 'https://s1.example.com/facsimile?t=%CacheToken%' }],
    [{ fetchUrl: 'HTTP://[::1]:8080/x/%CacheToken%' }],
    [{ optOutCookie: false }],
    [{ optOutCookie: { name: 'consent', value: 'no' }, privacySignals: ['gpc', 'dnt'] }],
    [{ include: ['/', '/über'], exclude: [] }],
    [{ encryptionKeys: ['MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='], compression: 'gzip' }],
    [{ compression: false, xhtml: true, storeAs: 'sent', csp: 'hash', disableFilter: true, disableCache: true }],
  ])('%j', (settings) => {
    expect({ facsimile: isAccepted(settings), schema: validate(settings), errors: validate.errors }).toEqual({
      facsimile: true,
      schema: true,
      errors: null,
    })
  })
})

describe('and refuses what Facsimile refuses:', () => {
  test.each<[object]>([
    [[]],
    [{ maxCacheSeconds: 60 }],
    [{ $schema: 5 }],
    [{ logger: {} }],
    [{ snippets: {} }],
    [{ snippets: [{ name: 'recorder', html: '<i></i>' }] }],
    [{ snippets: [{ ...SNIPPET, name: '' }] }],
    [{ snippets: [{ ...SNIPPET, placement: 'body-middle' }] }],
    [{ snippets: [{ ...SNIPPET, when: '/a' }] }],
    [{ snippets: [{ ...SNIPPET, when: ['a'] }] }],
    [{ snippets: [{ ...SNIPPET, unlessPageContains: 'x'.repeat(201) }] }],
    [{ snippets: [{ ...SNIPPET, url: '/' }] }],
    [{ cacheProvider: {} }],
    [{ cacheProvider: null }],
    ...[0, 86_401, 1.5, '60', null].map((maxCachedSeconds) => [{ maxCachedSeconds }] as [object]),
    [{ maxPageBytes: 1024 ** 3 + 1 }],
    [{ deleteAfterPull: 'false' }],
    [{ sampleRatio: 1.01 }],
    [{ allowedAddresses: '192.0.2.1' }],
    ...[
      '',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.01',
      '192.0.2.1/33',
      '192.0.2.1/',
      '*',
      'crawler.example',
      '::1/129',
      '0x7f.1',
    ].map((entry) => [{ allowedAddresses: [entry] }] as [object]),
    [{ clientAddress: 'socket' }],
    [{ clientAddress: { source: 'x forwarded for' } }],
    [{ clientAddress: { trustedProxies: ['localhost'] } }],
    ...['facsimile', '/', '/a/', '/a//b', '/a/../b', '/a b', '/a?t=1'].map((fetchPath) => [{ fetchPath }] as [object]),
    ...[
      '/facsimile?t=%CacheToken%',
      'https://s1.example.com/facsimile',
      'https://user:password@s1.example.com/%CacheToken%',
      'https://s1.example.com/%CacheToken%#x',
      'https://s1.example.com/a b/%CacheToken%',
      'ftp://s1.example.com/%CacheToken%',
      'https:///%CacheToken%',
    ].map((fetchUrl) => [{ fetchUrl }] as [object]),
    [{ stickyCookies: ['a=b'] }],
    [{ optOutCookie: true }],
    [{ optOutCookie: { name: 'WRUID' } }],
    [{ optOutCookie: { name: 'WRUID', value: 0 } }],
    [{ optOutCookie: { name: 'WRUID', value: '' } }],
    [{ privacySignals: ['GPC'] }],
    [{ include: ['account/*'] }],
    [{ exclude: ['/a?b'] }],
    [{ encryptionKeys: 'one' }],
    [{ encryptionKeys: [1] }],
    [{ compression: 'deflate' }],
    [{ compression: true }],
    [{ storeAs: 'both' }],
    [{ csp: 'off' }],
    [{ disableFilter: 1 }],
  ])('%j', (settings) => {
    expect({ facsimile: isAccepted(settings), schema: validate(settings) }).toEqual({ facsimile: false, schema: false })
  })
})

test.each<[string, object]>([
  ['two snippets with one name', { snippets: [SNIPPET, SNIPPET] }],
  ['IPv6 that is none', { allowedAddresses: ['1::2::3'] }],
  ['snippets that are no XML', { xhtml: true, snippets: [{ ...SNIPPET, html: '<br>' }] }],
])('what no schema can tell, it leaves to Facsimile: %s', (_name, settings) => {
  expect({ facsimile: isAccepted(settings), schema: validate(settings) }).toEqual({ facsimile: false, schema: true })
})
