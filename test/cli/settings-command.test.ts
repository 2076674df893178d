// `facsimile settings` without the import: files and variables together, checked, printed and masked.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explain, resolveSettings, WORDS, type Explanation } from '@facsimile/core'
import { KNOWN_VARIABLES } from '../../packages/cli/src/settings/schema.js'
import { runCli } from './run-cli.js'

const SNIPPET = { name: 'recorder', placement: 'body-end', html: '<script>fetchFrom=%FetchUrl%</script>' }
const GOOD = { snippets: [SNIPPET], allowedAddresses: ['203.0.113.9'] }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-settings-'))
})
afterEach(async () => rm(folder, { recursive: true }))

async function put(settings: unknown, name = 'facsimile.config.json'): Promise<void> {
  await writeFile(join(folder, name), typeof settings === 'string' ? settings : JSON.stringify(settings))
}

async function settings(args: readonly string[], env: Record<string, string> = {}) {
  return runCli(['settings', ...args], { cwd: folder, env })
}

async function printed(env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const run = await settings(['print'], env)
  if (run.exitCode !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) as Record<string, unknown>
}

async function checked(args: readonly string[] = [], env: Record<string, string> = {}) {
  const run = await settings(['check', '--json', ...args], env)
  const { problems, warnings } = JSON.parse(run.stdout) as { problems: string[]; warnings: object[] }
  return { exitCode: run.exitCode, problems, warnings, stderr: run.stderr }
}

describe('settings check', () => {
  test('is content with good settings', async () => {
    await put({ $schema: './settings.schema.json', ...GOOD })
    expect(await settings(['check'])).toMatchObject({
      exitCode: 0,
      stdout: 'facsimile.config.json: no problem, 0 warnings\n',
      stderr: '',
    })
  })

  test('tells every problem on a line of its own, and exits 1', async () => {
    await put({ ...GOOD, maxCachedSeconds: 0, allowedAddresses: ['x'], fetchPth: '/y' })
    const run = await settings(['check'], { FACSIMILE_SAMPLE_RATIO: '2' })
    expect(run.exitCode).toBe(1)
    expect(run.stdout.split('\n')).toEqual([
      'facsimile.config.json: 4 problems, 0 warnings',
      expect.stringContaining('FACSIMILE_SAMPLE_RATIO: `sampleRatio` is 2: write a number from 0 to 1'),
      expect.stringContaining('`maxCachedSeconds` is 0'),
      expect.stringContaining('`fetchPth` is no setting: did you mean `fetchPath`?'),
      expect.stringContaining('`allowedAddresses[0]` is "x"'),
      '',
    ])
    expect(run.stderr).toMatch(/^error: facsimile\.config\.json cannot be used: 4 problems\n {2}Mend/)
  })

  test.each<[string, object, string, string]>([
    ['an empty allowlist', { allowedAddresses: [] }, 'allowlist-empty', ''],
    ['everybody', { allowedAddresses: ['0.0.0.0/0'] }, 'allowlist-wide', '0.0.0.0/0'],
    ['everybody of IPv6', { allowedAddresses: ['::/0'] }, 'allowlist-wide', '::/0'],
    ['this machine', { allowedAddresses: ['127.0.0.1', '::1'] }, 'allowlist-local', '127.0.0.1, ::1'],
    ['a header without a proxy', { clientAddress: { source: 'x-real-ip' } }, 'proxies-missing', 'x-real-ip'],
    [
      'everybody as a proxy',
      { clientAddress: { source: 'forwarded', trustedProxies: ['0.0.0.0/0'] } },
      'proxies-wide',
      '0.0.0.0/0',
    ],
    [
      'plain HTTP',
      { fetchUrl: 'http://s1.example/facsimile?t=%CacheToken%&key=pl4nted' },
      'fetch-url-insecure',
      'http://s1.example',
    ],
    [
      'a wrong path',
      { fetchUrl: 'https://s1.example/copy?t=%CacheToken%' },
      'fetch-url-elsewhere',
      '/copy, and not /facsimile',
    ],
    [
      'a wrong parameter',
      { fetchUrl: 'https://s1.example/facsimile?token=%CacheToken%' },
      'fetch-url-elsewhere',
      'no t=%CacheToken%',
    ],
    ['no snippets', { snippets: [] }, 'no-snippets', ''],
    [
      'no way to the copy',
      { snippets: [{ ...SNIPPET, html: '<script>go()</script>' }] },
      'fetch-url-missing',
      'where the application places `tokenFor` itself, all is well',
    ],
    ['the debug page', { allowDebug: true }, 'debug-allowed', ''],
    ['no filter', { disableFilter: true }, 'filter-disabled', ''],
    ['no store', { disableCache: true }, 'cache-disabled', ''],
    ['no visitor', { sampleRatio: 0 }, 'nothing-sampled', ''],
    ['pages without room', { maxCachedBytes: 1000 }, 'pages-without-room', '5242880 bytes, and 1000'],
  ])('warns of %s in a word of the table, and exits 0', async (_fault, written, word, said) => {
    await put({ ...GOOD, ...written })
    const kind = word === 'allowlist-empty' ? 'refused' : 'found'
    const words: Readonly<Record<string, Explanation | undefined>> = WORDS[kind]
    const [meaning = '', remedy = ''] = words[word] ?? []
    const warning = { kind, word, meaning, ...(said !== '' && { said }), remedy }
    expect(await checked()).toMatchObject({ exitCode: 0, problems: [], warnings: [warning] })
    const { stdout } = await settings(['check'])
    expect(stdout).toBe(
      `facsimile.config.json: no problem, 1 warning\n\n! ${word}${said === '' ? '' : `  ${said}`}\n  ${meaning}\n  → ${remedy}\n`,
    )
  })

  test('does not warn of room in stores that have no such bound', async () => {
    await put({ ...GOOD, maxCachedBytes: 1000, cacheProvider: 'redis://cache.example' })
    expect((await checked()).warnings).toEqual([])
  })

  test.each<[string, object]>([
    ['a password', { cacheProvider: 'redis://:s3cret@cache.example' }],
    ['a key', { encryptionKeys: ['A'.repeat(43)] }],
  ])('warns of %s that everybody may read', async (secret, written) => {
    await put({ ...GOOD, ...written })
    await chmod(join(folder, 'facsimile.config.json'), 0o644)
    const said = `facsimile.config.json holds ${secret}`
    expect((await checked()).warnings).toEqual([expect.objectContaining({ word: 'settings-readable', said })])
    expect((await runCli(['robots'], { cwd: folder })).stderr).toBe(
      `warning: ${said}. ${explain('found', 'settings-readable')}\n`,
    )
    await chmod(join(folder, 'facsimile.config.json'), 0o640)
    expect((await checked()).warnings).toEqual([])
  })

  test.each<[string, string, string]>([
    ['broken JSON', '{\n  "snippets": [}\n', 'line 2, column 16: "}" stands where a value should'],
    ['a polluting key', '{"__proto__": {"allowDebug": true}}', '`__proto__` is a key that is never taken'],
    ['what is no text', '\u0000', 'stands where a value should'],
  ])('exits 2 for %s, with its place', async (_fault, text, reason) => {
    await put(text)
    const run = await settings(['check'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain(`error: cannot read the settings: "facsimile.config.json", line `)
    expect(run.stderr).toContain(reason)
  })

  test('exits 2 for what is not UTF-8', async () => {
    await writeFile(join(folder, 'facsimile.config.json'), Buffer.from('{"fetchPath": "/\xe9"}', 'latin1'))
    const run = await settings(['check'])
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toContain('cannot read the settings in "facsimile.config.json": it is not UTF-8')
  })

  test('exits 2 where there is nothing to check', async () => {
    expect(await settings(['check'])).toMatchObject({ exitCode: 2, stdout: '' })
    expect((await settings(['check', 'none.json'])).exitCode).toBe(2)
    expect((await settings(['check'], { FACSIMILE_CONFIG: 'none.json' })).stderr).toContain('"none.json"')
  })
})

describe('variables', () => {
  test('go over the file that FACSIMILE_CONFIG names', async () => {
    await put({ ...GOOD, maxCachedSeconds: 30, fetchPath: '/copies' }, 'site.json')
    const env = { FACSIMILE_CONFIG: 'site.json', FACSIMILE_MAX_CACHED_SECONDS: '90', HOME: '/root' }
    expect(await printed(env)).toMatchObject({ maxCachedSeconds: 90, fetchPath: '/copies', snippets: [SNIPPET] })
  })

  test.each<[string, string, object]>([
    ['FACSIMILE_DELETE_AFTER_PULL', 'false', { deleteAfterPull: false }],
    ['FACSIMILE_SAMPLE_RATIO', '0.25', { sampleRatio: 0.25 }],
    [
      'FACSIMILE_ALLOWED_ADDRESSES',
      ' 192.0.2.0/24, 2001:db8::/32',
      { allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'] },
    ],
    ['FACSIMILE_ALLOWED_ADDRESSES', '', { allowedAddresses: [] }],
    ['FACSIMILE_EXCLUDE', '["/a,b"]', { exclude: ['/a,b'] }],
    ['FACSIMILE_SNIPPETS', JSON.stringify([SNIPPET]), { snippets: [SNIPPET] }],
    ['FACSIMILE_CACHE_PROVIDER', 'redis://:s3cret@cache', { cacheProvider: 'redis://:***@cache' }],
    [
      'FACSIMILE_CLIENT_ADDRESS',
      '{"source":"forwarded"}',
      { clientAddress: { source: 'forwarded', trustedProxies: [] } },
    ],
    [
      'FACSIMILE_CLIENT_ADDRESS_TRUSTED_PROXIES',
      '10.0.0.0/8',
      { clientAddress: { source: 'socket', trustedProxies: ['10.0.0.0/8'] } },
    ],
    ['FACSIMILE_OPT_OUT_COOKIE', 'false', { optOutCookie: false }],
    ['FACSIMILE_OPT_OUT_COOKIE_NAME', 'consent', { optOutCookie: { name: 'consent', value: '0' } }],
    ['FACSIMILE_COMPRESSION', 'gzip', { compression: 'gzip' }],
    ['FACSIMILE_COMPRESSION', 'false', { compression: false }],
    ['FACSIMILE_PRIVACY_SIGNALS', 'gpc,dnt', { privacySignals: ['gpc', 'dnt'] }],
    ['FACSIMILE_ENCRYPTION_KEYS', `${'A'.repeat(43)},${'B'.repeat(41)}BA`, { encryptionKeys: '2 keys' }],
  ])('%s=%j', async (name, text, expected) => {
    expect(await printed({ [name]: text })).toMatchObject(expected)
  })

  test('for a part go over those for the whole, and over the file', async () => {
    await put({ clientAddress: { source: 'x-real-ip', trustedProxies: ['10.0.0.1'] } })
    const part = { FACSIMILE_CLIENT_ADDRESS_SOURCE: 'forwarded' }
    expect(await printed(part)).toMatchObject({ clientAddress: { source: 'forwarded', trustedProxies: ['10.0.0.1'] } })
    const whole = { ...part, FACSIMILE_CLIENT_ADDRESS: '{"source":"socket","trustedProxies":["10.0.0.2"]}' }
    expect(await printed(whole)).toMatchObject({ clientAddress: { source: 'forwarded', trustedProxies: ['10.0.0.2'] } })
  })

  test.each<[string, string, string]>([
    [
      'FACSIMILE_MAX_CACHED_SECOND',
      '1',
      'FACSIMILE_MAX_CACHED_SECOND sets nothing: did you mean FACSIMILE_MAX_CACHED_SECONDS?',
    ],
    ['FACSIMILE_fetchPath', '/x', 'FACSIMILE_fetchPath sets nothing: did you mean FACSIMILE_FETCH_PATH?'],
    ['FACSIMILE_CONFIGURATION_FILE', 'x', 'FACSIMILE_CONFIGURATION_FILE sets nothing: unset it'],
    ['FACSIMILE_LOGGER', 'console', 'a logger is an object'],
    ['FACSIMILE_DELETE_AFTER_PULL', 'no', 'FACSIMILE_DELETE_AFTER_PULL is "no": write true or false'],
    ['FACSIMILE_MAX_PAGE_BYTES', '5MB', 'FACSIMILE_MAX_PAGE_BYTES is "5MB": write a number in digits'],
    ['FACSIMILE_MAX_PAGE_BYTES', '0x10', 'write a number in digits'],
    ['FACSIMILE_FETCH_URL', '', 'FACSIMILE_FETCH_URL is empty: give it a value, or unset it'],
    ['FACSIMILE_STICKY_COOKIES', 'a,,b', 'FACSIMILE_STICKY_COOKIES is "a,,b": write the entries with one comma'],
    ['FACSIMILE_SNIPPETS', '[{"name":"x"', '"FACSIMILE_SNIPPETS", line 1, column 13: the end stands where'],
    ['FACSIMILE_SNIPPETS', '[{"__proto__":{}}]', '`[0].__proto__` is a key that is never taken'],
    ['FACSIMILE_SNIPPETS', '[{"name":"x","html":"y"}]', 'FACSIMILE_SNIPPETS: `snippets[0].placement` is missing'],
    ['FACSIMILE_COMPRESSION', 'none', 'FACSIMILE_COMPRESSION: `compression` is "none"'],
    [
      'FACSIMILE_CACHE_PROVIDER',
      'reddis://:s3cret@x',
      'FACSIMILE_CACHE_PROVIDER: the cache provider location "reddis://:***@x"',
    ],
    ['FACSIMILE_ENCRYPTION_KEYS', 's3cret', 'FACSIMILE_ENCRYPTION_KEYS: encryptionKeys[0] is a text of 6 characters'],
    ['FACSIMILE_ENCRYPTION_KEYS', 's3cret,,', 'FACSIMILE_ENCRYPTION_KEYS: write the entries'],
    ['FACSIMILE_CLIENT_ADDRESS_SOURCE', 'a b', 'FACSIMILE_CLIENT_ADDRESS_SOURCE: `clientAddress.source` is "a b"'],
  ])('%s=%j is refused by name', async (name, text, problem) => {
    await put(GOOD)
    const { exitCode, problems, stderr } = await checked([], { [name]: text })
    expect({ exitCode, problems }).toEqual({ exitCode: 1, problems: [expect.stringContaining(problem)] })
    expect(problems.join() + stderr).not.toContain('s3cret')
    expect((await settings(['print'], { [name]: text })).exitCode).toBe(2)
  })

  test('there is one for every setting that JSON can hold', async () => {
    const known = new Set(KNOWN_VARIABLES.map(({ setting }) => setting))
    for (const setting of Object.keys(await printed()))
      expect([setting, known.has(setting)]).toEqual([setting, setting !== 'logger'])
  })

  test('tell the other commands as well', async () => {
    const env = { FACSIMILE_FETCH_PATH: '/copies' }
    expect((await runCli(['robots'], { cwd: folder, env })).stdout).toContain('Disallow: /copies')
    const store = await runCli(['store', 'check'], { cwd: folder, env: { FACSIMILE_CACHE_PROVIDER: 'memory:' } })
    expect(store).toMatchObject({ exitCode: 0, stdout: 'memory is healthy.\n' })
    const wrong = await runCli(['robots'], { cwd: folder, env: { FACSIMILE_FETCH_PTH: '/x' } })
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toContain('did you mean FACSIMILE_FETCH_PATH?')
  })
})

describe('settings print', () => {
  test('prints all that is in force', async () => {
    expect(await printed()).toMatchObject(resolveSettings({}))
  })

  test('shows no secret, wherever it comes from', async () => {
    await put({ cacheProvider: 'mysql://shop:pl4nted@db.example/shop', encryptionKeys: [`pl4nted${'A'.repeat(36)}`] })
    const env = { FACSIMILE_FETCH_URL: 'https://s1.example/facsimile?t=%CacheToken%&key=pl4nted' }
    for (const args of [['print'], ['print', '--origin'], ['check'], ['check', '--json']]) {
      const run = await settings(args, env)
      expect(run.exitCode).toBe(0)
      expect(run.stdout + run.stderr).not.toContain('pl4nted')
    }
  })

  test('tells where each value comes from', async () => {
    await put({ maxCachedSeconds: 30, clientAddress: { source: 'forwarded' } })
    const env = { FACSIMILE_CLIENT_ADDRESS_TRUSTED_PROXIES: '10.0.0.1', FACSIMILE_CSP: 'hash' }
    const shown = JSON.parse((await settings(['print', '--origin'], env)).stdout) as object
    expect(shown).toMatchObject({
      maxCachedPages: { value: 10_000, origin: 'default' },
      maxCachedSeconds: { value: 30, origin: 'file', from: ['facsimile.config.json'] },
      csp: { value: 'hash', origin: 'variable', from: ['FACSIMILE_CSP'] },
      clientAddress: {
        value: { source: 'forwarded', trustedProxies: ['10.0.0.1'] },
        origin: 'variable',
        from: ['FACSIMILE_CLIENT_ADDRESS_TRUSTED_PROXIES'],
      },
    })
  })
})

test('settings schema prints the schema that is published', async () => {
  const published = await readFile(join(import.meta.dirname, '../../packages/core/settings.schema.json'), 'utf8')
  expect(JSON.parse((await settings(['schema'])).stdout)).toEqual(JSON.parse(published))
})
