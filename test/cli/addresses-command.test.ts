// `facsimile addresses`: lists as services publish them, compared with the settings and put into them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { putJsonMember } from '../../packages/cli/src/settings/json-member.js'
import { runCli } from './run-cli.js'

const GOOGLE = {
  creationTime: '2026-11-01T15:46:09.000000',
  prefixes: [
    { ipv6Prefix: '2001:4860:4801:10::/64' },
    { ipv4Prefix: '66.249.79.0/27' },
    { ipv4Prefix: '66.249.64.0/27' },
    { ipv4Prefix: '66.249.64.0/27' },
  ],
}
const AWS = {
  syncToken: '1',
  prefixes: [{ ip_prefix: '3.5.140.0/22', region: 'ap-northeast-2', service: 'AMAZON' }],
  ipv6_prefixes: [{ ipv6_prefix: '2600:1f00::/40', region: 'eu-west-1' }],
}

const CLOUDFLARE = {
  result: { ipv4_cidrs: ['173.245.48.0/20', '103.21.244.0/22'], ipv6_cidrs: ['2400:cb00::/32'], etag: '38f7' },
  success: true,
}
/** The forms of GitHub and of Azure: many lists in one file, for many purposes. */
const META = {
  verifiable_password_authentication: false,
  domains: { website: ['*.service.example'] },
  hooks: ['192.30.252.0/22', '2a0a:a440::/29'],
  web: ['198.51.100.0/24'],
  values: [{ name: 'Crawler', properties: { addressPrefixes: ['203.0.113.0/30'] } }],
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-addresses-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const put = async (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
const addresses = async (args: readonly string[], stdin = '') => runCli(['addresses', ...args], { cwd: folder, stdin })

describe('a published list', () => {
  test.each<[string, unknown, string[]]>([
    ['of Google', GOOGLE, ['66.249.64.0/27', '66.249.79.0/27', '2001:4860:4801:10::/64']],
    ['of AWS', AWS, ['3.5.140.0/22', '2600:1f00::/40']],
    ['of IPv6 alone', { ipv6_prefixes: [{ ipv6_prefix: '2600:1f00::/40' }] }, ['2600:1f00::/40']],
    ['of Cloudflare', CLOUDFLARE, ['103.21.244.0/22', '173.245.48.0/20', '2400:cb00::/32']],
    [
      'of Fastly',
      { addresses: ['23.235.32.0/20'], ipv6_addresses: ['2a04:4e40::/32'] },
      ['23.235.32.0/20', '2a04:4e40::/32'],
    ],
    ['of texts', ['203.0.113.9', '192.0.2.0/24', '::ffff:192.0.2.0/120'], ['192.0.2.0/24', '203.0.113.9/32']],
    [
      'with the narrower range behind the wider',
      ['10.0.0.0/16', '10.0.0.0/8', '9.9.9.9'],
      ['9.9.9.9/32', '10.0.0.0/8', '10.0.0.0/16'],
    ],
  ])('%s becomes a list, each range once, in order', async (_form, list, expected) => {
    await put('ranges.json', list)
    const run = await addresses(['ranges.json'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(run.stdout)).toEqual(expected)
    const piped = await addresses(['-', '--json'], JSON.stringify(list))
    expect(JSON.parse(piped.stdout)).toEqual({ allowedAddresses: expected })
  })

  test.each<[unknown, string]>([
    [{ prefixes: [{ ipv4Prefix: '192.0.2.0/33' }] }, 'prefixes[0] is "192.0.2.0/33", whose prefix is wrong'],
    [{ prefixes: [{ ipv4Prefix: 'crawler.example' }] }, 'prefixes[0] is "crawler.example", which is no IP address'],
    [
      { prefixes: [{ region: 'eu' }] },
      'has none of ipv4Prefix, ipv6Prefix, ip_prefix, ipv6_prefix, cidr in prefixes[0]',
    ],
    [{ prefixes: [{ ipv4Prefix: '192.0.2.0/24', ipv6Prefix: '::/64' }] }, 'has more than one of'],
    [{ prefixes: [null] }, 'prefixes[0] is null, which is no text'],
    [{ prefixes: {} }, 'has a `prefixes` that is no list'],
    [{ hosts: ['crawler.example'] }, 'has none of prefixes, ipv6_prefixes, '],
    [META, "has hooks, web, values.0.properties.addressPrefixes, and does not say which of them are the crawler's"],
    [META, 'name them, as in --list hooks'],
    [[5], '[0] is 5, which is no text'],
    [[], 'holds no range'],
    [{ prefixes: [] }, 'holds no range'],
    ['null', 'holds null'],
    ['{"prefixes": [}', 'line 1, column 15: "}" stands where a value should'],
    ['{"prefixes": [], "__proto__": {}}', '`__proto__` is a key that is never taken'],
    [['192.0.2.0/24', '0.0.0.0/0'], 'has 0.0.0.0/0, which would let nearly everybody fetch private pages'],
    [['128.0.0.0/1', '::/0'], 'has 128.0.0.0/1, ::/0'],
  ])('%j is refused', async (list, reason) => {
    await put('ranges.json', list)
    const run = await addresses(['ranges.json'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain(reason)
  })

  test('among several is named, with the way to it', async () => {
    await put('meta.json', META)
    const lists = ['--list', 'values.0.properties.addressPrefixes', '--list', 'hooks']
    const run = await addresses(['meta.json', ...lists])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(run.stdout)).toEqual(['192.30.252.0/22', '203.0.113.0/30', '2a0a:a440::/29'])
    const wrong = await addresses(['meta.json', '--list', 'crawlers'])
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toContain('has no list "crawlers"; it has hooks, web, values.0.properties.addressPrefixes')
    expect((await addresses(['meta.json', '--list', 'constructor.name'])).stderr).toContain('has no list')
    expect((await addresses(['meta.json', '--list', 'domains'])).stderr).toContain('has a `domains` that is no list')
  })

  test('that is not taken is told, and so is an address that stands for all its neighbours', async () => {
    await put('ranges.json', { ...GOOGLE, extra: [{ cidr: '192.0.2.0/24' }] })
    expect((await addresses(['ranges.json'])).stderr).toBe('warning: extra is not taken: name each list with --list.\n')
    await put('ranges.json', ['192.0.2.200/24', '192.0.2.0/24'])
    const run = await addresses(['ranges.json'])
    expect(JSON.parse(run.stdout)).toEqual(['192.0.2.0/24'])
    expect(run.stderr).toBe('warning: 192.0.2.200/24: taken as all addresses of the range, and not that one alone.\n')
  })

  test('in another encoding is refused', async () => {
    await writeFile(join(folder, 'ranges.json'), Buffer.from('\ufeff["192.0.2.1"]', 'utf16le'))
    expect((await addresses(['ranges.json'])).stderr).toContain('"ranges.json" is not UTF-8')
  })

  test('may hold everybody when that is meant', async () => {
    await put('ranges.json', ['0.0.0.0/0'])
    expect((await addresses(['ranges.json', '--allow-wide'])).stdout).toContain('0.0.0.0/0')
  })

  test('that is not there is never fetched', async () => {
    expect((await addresses(['https://service.example/ranges.json'])).stderr).toContain('nothing is fetched from here')
  })
})

describe('beside the settings', () => {
  const SETTINGS = `{
    "$schema": "./settings.schema.json",
    "sampleRatio": 1e-1,
    "allowedAddresses": ["75.125.82.64/26", "66.249.64.0/27"], "clientAddress": {"source":"socket", "trustedProxies": []}
}
`

  test('the difference is shown, and nothing written', async () => {
    await put('ranges.json', GOOGLE)
    await put('site.json', SETTINGS)
    const run = await addresses(['ranges.json', '--config', 'site.json'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toBe(
      [
        '2 ranges added, 1 gone, 1 the same',
        '  + 66.249.79.0/27',
        '  + 2001:4860:4801:10::/64',
        '  - 75.125.82.64/26',
        '    66.249.64.0/27',
        'Add --write to put them into site.json.',
        '',
      ].join('\n'),
    )
    expect(await readFile(join(folder, 'site.json'), 'utf8')).toBe(SETTINGS)
  })

  test('--write changes the list, and no other byte', async () => {
    await put('ranges.json', ['66.249.64.0/27', '203.0.113.9'])
    await put('site.json', SETTINGS)
    const run = await addresses(['ranges.json', '--config', 'site.json', '--write', '--json'])
    expect(JSON.parse(run.stdout)).toEqual({
      allowedAddresses: ['66.249.64.0/27', '203.0.113.9/32'],
      added: ['203.0.113.9/32'],
      gone: ['75.125.82.64/26'],
      same: ['66.249.64.0/27'],
      written: true,
    })
    const list = '[\n        "66.249.64.0/27",\n        "203.0.113.9/32"\n    ]'
    const expected = SETTINGS.replace('["75.125.82.64/26", "66.249.64.0/27"]', list)
    expect(await readFile(join(folder, 'site.json'), 'utf8')).toBe(expected)
    const again = await addresses(['ranges.json', '--config', 'site.json', '--write'])
    expect(again.stdout).toContain('site.json has them already.')
    expect((await runCli(['settings', 'check', 'site.json'], { cwd: folder })).exitCode).toBe(0)
  })

  test('--keep keeps what the list has not', async () => {
    await put('ranges.json', ['203.0.113.9'])
    await put('site.json', SETTINGS)
    await addresses(['ranges.json', '--config', 'site.json', '--write', '--keep'])
    const { allowedAddresses } = JSON.parse(await readFile(join(folder, 'site.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(allowedAddresses).toEqual(['66.249.64.0/27', '75.125.82.64/26', '203.0.113.9/32'])
  })

  test.each<[string, readonly string[], string | undefined, string]>([
    ['without --config', ['--write'], undefined, 'no settings file is named'],
    ['in a module', ['--config', 'site.js', '--write'], 'export default {}', 'is no .json file'],
    ['in a file that is not there', ['--config', 'none.json'], undefined, 'cannot read "none.json"'],
    ['in broken JSON', ['--config', 'site.json', '--write'], '{"a": 1,}', 'line 1, column 9'],
    ['over a list that is none', ['--config', 'site.json'], '{"allowedAddresses": "x"}', 'that is no list'],
    [
      'over entries that are none',
      ['--config', 'site.json'],
      '{"allowedAddresses": ["x"]}',
      '`allowedAddresses[0]` is "x"',
    ],
  ])('nothing is written %s', async (_case, args, content, reason) => {
    await put('ranges.json', ['203.0.113.9'])
    if (content !== undefined) await put(args[1] ?? '', content)
    const run = await addresses(['ranges.json', ...args])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain(reason)
    if (content !== undefined) expect(await readFile(join(folder, args[1] ?? ''), 'utf8')).toBe(content)
  })
})

test.each<[string, string]>([
  ['{}', '{\n  "a": [\n    1\n  ]\n}'],
  ['{ }\n', '{\n  "a": [\n    1\n  ]\n}\n'],
  ['{\n\t"b": 2\n}', '{\n\t"a": [\n\t\t1\n\t],\n\t"b": 2\n}'],
  ['{"b": {"a": 5}, "a" : null }', '{"b": {"a": 5}, "a" : [\n    1\n  ] }'],
  ['{"b": "a\\": [", "a": "},]", "c": 1}', '{"b": "a\\": [", "a": [\n    1\n  ], "c": 1}'],
  ['{"b": ["a", {"a": 1}], "\\u0061": true}', '{"b": ["a", {"a": 1}], "\\u0061": [\n    1\n  ]}'],
])('a member of %s is put in its place', (text, expected) => {
  const written = putJsonMember(text, 'a', [1])
  expect(written).toBe(expected)
  expect(JSON.parse(written)).toEqual({ ...(JSON.parse(text) as object), a: [1] })
})
