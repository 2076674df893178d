// `facsimile settings import`: every key of the old modules is mapped or told, and a site runs on what comes out.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readSettingsText, resolveSettings, type FacsimileSettings } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'
import { createOrigins } from '../../packages/demo/src/origins.js'
import { createShop } from '../../packages/demo/src/shop/shop.js'
import { OLD_KEYS } from '../../packages/cli/src/legacy/old-keys.js'
import { runCli, type CliRun } from './run-cli.js'

const LEGACY = join(import.meta.dirname, 'legacy')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-import-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const importing = async (args: readonly string[]): Promise<CliRun> =>
  runCli(['settings', 'import', ...args], { cwd: folder })

interface Imported {
  readonly settings: FacsimileSettings
  readonly unmapped: { key: string; place?: string; text: string }[]
  readonly warnings: { key: string; place?: string; text: string }[]
}

/** What becomes of a config.php with this code, and of this scripts file. */
async function imported(code: string, xml?: string): Promise<Imported> {
  await writeFile(join(folder, 'config.php'), `<?php ${code}`)
  if (xml !== undefined) await writeFile(join(folder, 'ClickTaleScripts.xml'), xml)
  const run = await importing(['config.php', '--json'])
  if (run.exitCode !== 0) throw new Error(run.stderr)
  const result = JSON.parse(run.stdout) as Imported
  expect(() => resolveSettings(result.settings)).not.toThrow()
  return result
}

const keysOf = (notes: readonly { key: string }[]) => notes.map(({ key }) => key)

describe('the files that the PHP module was shipped with', () => {
  test('become settings, and whatever does not is told', async () => {
    const run = await importing([LEGACY])
    expect(run.exitCode).toBe(0)
    const { snippets, ...settings } = readSettingsText(run.stdout, 'imported')
    expect(settings).toEqual({
      cacheProvider: 'memory:',
      maxCachedSeconds: 60,
      maxCachedBytes: 50 * 1024 * 1024,
      deleteAfterPull: true,
      disableCache: false,
      disableFilter: false,
      optOutCookie: { name: 'WRUID', value: '0' },
      allowedAddresses: ['75.125.82.64/26'],
    })
    expect(snippets).toMatchObject([
      { name: 'clicktale-top', placement: 'body-start', unlessPageContains: '<!-- ClickTale Top part -->' },
      { name: 'clicktale-bottom', placement: 'body-end', unlessPageContains: '<!-- No ClickTale -->' },
    ])
    for (const line of [
      'not carried over: LogPathMask (config.php:24)',
      'not carried over: SystemTempDir (config.php:44)',
      'warning: CacheFetchingUrl (config.php:11): it was plain http',
      'warning: CacheProvider (config.php:15): the folder Cache of the old module may be open to the web',
      'warning: DoNotProcessCookieName (config.php:32): the old module took the value "0" for none',
      'warning: MaxFolderSize (config.php:42): a full folder was emptied',
      'warning: CacheTest: whoever asked the old module for the token CacheTest passed its address check',
    ]) {
      expect(run.stderr).toContain(line)
    }
  })

  test('make a site whose pages the crawler fetches, once', async () => {
    expect((await importing([LEGACY, '--out', 'site.json'])).exitCode).toBe(0)
    const settings = readSettingsText(await readFile(join(folder, 'site.json'), 'utf8'), 'site.json')
    // The crawler comes through a proxy, from an address of the old list.
    const clientAddress = { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] }
    const facsimile = createFacsimile({ ...settings, clientAddress })
    const page = '<!doctype html><html><head><title>Basket</title></head><body><p>Two lamps</p></body></html>'
    const server = createServer((req, res) => {
      facsimile.middleware(req, res, () => {
        res.setHeader('Content-Type', 'text/html; charset=utf-8')
        res.end(page)
      })
    }).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const visited = await (await fetch(`${origin}/basket`)).text()
      expect(visited).toContain('<body><!-- ClickTale Top part -->')
      expect(visited).toContain('<!-- ClickTale end of Bottom part --></body></html>')
      const fetchUrl = fetchFromOf(visited, `${origin}/basket`)
      expect(fetchUrl).toMatch(new RegExp(`^${origin}/facsimile\\?t=[\\w-]{32}$`))

      const crawler = { headers: { 'X-Forwarded-For': '75.125.82.70' } }
      expect((await fetch(fetchUrl, { headers: { 'X-Forwarded-For': '75.125.82.130' } })).status).toBe(403)
      const copy = await fetch(fetchUrl, crawler)
      expect({ status: copy.status, text: await copy.text() }).toEqual({ status: 200, text: page })
      expect((await fetch(fetchUrl, crawler)).status).toBe(404)
      const untouched = await fetch(`${origin}/basket`, { headers: { Cookie: 'WRUID=0' } })
      expect(await untouched.text()).toBe(page)
    } finally {
      server.close()
      server.closeAllConnections()
      await facsimile.close()
    }
  })
})

test("the demo's shop, under what the shipped files become, has its pages recorded as the visitor saw them", async () => {
  expect((await importing([LEGACY, '--out', 'site.json'])).exitCode).toBe(0)
  const clientAddress = { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] }
  const settings = readSettingsText(await readFile(join(folder, 'site.json'), 'utf8'), 'site.json')
  const facsimile = createFacsimile({ ...settings, clientAddress })
  let produced = ''
  const onPage = (_path: string, page: string) => {
    produced = page
  }
  const tracker = createOrigins('127.0.0.1', 9)
  const server = createShop({ facsimile: facsimile.middleware, tracker, onPage }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const path of ['/', '/draw']) {
      const fetchUrl = fetchFromOf(await (await fetch(origin + path)).text(), origin + path)
      const crawler = { headers: { 'X-Forwarded-For': '75.125.82.70' } }
      expect(await (await fetch(fetchUrl, crawler)).text()).toBe(produced)
      expect((await fetch(fetchUrl, crawler)).status).toBe(404)
    }
  } finally {
    server.close()
    server.closeAllConnections()
    await facsimile.close()
  }
})

/** What the tracking code of the page tells its service, in a browser that is at `href`. */
function fetchFromOf(page: string, href: string): string {
  const window: { ClickTaleFetchFrom?: string } = {}
  const context = createContext({ window, URL, location: { href } })
  for (const [, script = ''] of page.matchAll(/<script\b[^>]*type="text\/javascript">([^]*?)<\/script>/g))
    runInContext(script, context)
  return window.ClickTaleFetchFrom ?? ''
}

/** One snippet, so that nothing is told of a file that is not there. */
const SCRIPTS = '<scripts><script name="Top">x</script></scripts>'

/** Values that are those of the new defaults, or none at all. */
const SAY_NOTHING: Readonly<Record<string, readonly string[]>> = {
  ScriptsFile: ['true', 'false', "''"],
  AllowDebug: ['false', "''"],
  top: ["''"],
  bottom: ["''"],
  top_part: ["''"],
  bottom_part: ["''"],
  enabled: ['true', "''", "'x'"],
}

describe('every key of the old modules', () => {
  test.each(OLD_KEYS.map(({ name }) => name))('%s is mapped or told', async (name) => {
    for (const value of ['true', 'false', "''", "'x'"]) {
      if (SAY_NOTHING[name]?.includes(value) === true) continue
      const { settings, unmapped, warnings } = await imported(`$config['${name}'] = ${value};`, SCRIPTS)
      const { snippets, ...others } = settings
      const isMapped = Object.keys(others).length > 0 || (snippets?.length ?? 0) > 1
      const isTold = [...keysOf(unmapped), ...keysOf(warnings)].includes(name)
      expect([name, value, isMapped || isTold]).toEqual([name, value, true])
    }
  })

  test('stands in docs/old-settings.md, with what it has become', async () => {
    const docs = await readFile(join(import.meta.dirname, '../../docs/old-settings.md'), 'utf8')
    const rows = docs
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .slice(1, -1)
          .split(' | ')
          .map((cell) => cell.trim()),
      )
    for (const { name, becomes, how } of OLD_KEYS) {
      const settings = becomes.split(', ').map((setting) => (setting === '' ? '–' : `\`${setting}\``))
      expect(rows).toContainEqual([`\`${name}\``, settings.join(', '), how])
    }
  })

  test('is told when nobody knows it, with the one that was probably meant', async () => {
    const code = "$config['allowedaddresses'] = '192.0.2.1'; $config['AllowDebgu'] = 1; $config['Zzz'] = 1;"
    const { unmapped } = await imported(code)
    expect(keysOf(unmapped)).toEqual(['ScriptsFile', 'allowedaddresses', 'AllowDebgu', 'Zzz'])
    expect(unmapped[1]?.text).toContain('did you mean AllowedAddresses? Case counted, so it had no effect')
    expect(unmapped[2]?.text).toContain('did you mean AllowDebug? It had no effect')
    expect(unmapped[3]).toEqual({ key: 'Zzz', place: 'config.php:1', text: 'it is no key of the old modules' })
  })
})

describe('a key that is missing', () => {
  test('is told where what the PHP module did then was dangerous', async () => {
    const { settings, warnings } = await imported("$config['CacheFetchingUrl'] = '/t?t=%CacheToken%';", SCRIPTS)
    expect(Object.keys(settings)).toEqual(['snippets'])
    const told = warnings.filter(({ place }) => place === 'config.php')
    expect(keysOf(told)).toEqual(['CacheProvider', 'MaxCachedSeconds', 'DeleteAfterPull', 'AllowedAddresses'])
    for (const { text } of told) expect(text).toMatch(/^it was missing, /)
  })

  test('is not told of another module, nor of what another key says', async () => {
    const rails = await imported("$config['do_not_process_cookie_name'] = 'x';", SCRIPTS)
    expect(rails.warnings.filter(({ text }) => text.startsWith('it was missing'))).toEqual([])
    const { warnings } = await imported(
      "$config['CacheLocation'] = '/var/pages'; $config['ScriptsFile'] = '';",
      SCRIPTS,
    )
    expect(warnings.filter(({ key }) => key === 'CacheProvider')).toEqual([])
  })
})

describe('a value', () => {
  test.each<[string, object, string]>([
    [
      "'CacheFetchingUrl' => 'https://s1.shop.example/ct/ClickTaleCache.php?t=%CacheToken%'",
      { fetchUrl: 'https://s1.shop.example/facsimile?t=%CacheToken%' },
      'change the rules of proxies',
    ],
    [
      "'CacheFetchingUrl' => 'http://s1.shop.example:81/?t=%CacheToken%'",
      { fetchUrl: 'http://s1.shop.example:81/facsimile?t=%CacheToken%' },
      'it is plain http',
    ],
    ["'CacheProvider' => 'APC'", { cacheProvider: 'memory:' }, 'each process'],
    [
      "'CacheProvider' => 'FileSystem', 'CacheLocation' => '/var/lib/pages'",
      { cacheProvider: 'file:/var/lib/pages' },
      'delete them',
    ],
    [
      "'CacheProvider' => 'FileSystem', 'CacheLocation' => '/var/www/html/ct/Cache'",
      { cacheProvider: 'memory:' },
      'may be open to the web',
    ],
    [
      "'CacheProvider' => 'MySQLMemory', 'CacheLocation' => 'http://shop:p@ss/w%rd@db.example:3307/shop.pages'",
      { cacheProvider: 'mysql://shop:p%40ss%2Fw%25rd@db.example:3307/shop' },
      'drop it',
    ],
    ["'MaxCachedSeconds' => 0", { maxCachedSeconds: 86_400 }, 'kept for ever'],
    ["'MaxCachedSeconds' => '300'", { maxCachedSeconds: 300 }, ''],
    ["'MaxCachedSeconds' => 100000", { maxCachedSeconds: 86_400 }, 'more than a day'],
    ["'DeleteAfterPull' => false", { deleteAfterPull: false }, ''],
    ["'DeleteAfterPull' => 'false'", { deleteAfterPull: true }, 'the text "false" counted as true'],
    ["'AllowDebug' => true", {}, 'showed settings and logs to everybody'],
    ["'DisableCache' => '1'", { disableCache: true }, ''],
    [
      "'DoNotProcessCookieName' => 'WRUID', 'DoNotProcessCookieValue' => ''",
      { optOutCookie: false },
      'without a name or a value',
    ],
    [
      "'DoNotProcessCookieName' => 'consent', 'DoNotProcessCookieValue' => 'no'",
      { optOutCookie: { name: 'consent', value: 'no' } },
      '',
    ],
    [
      "'AllowedAddresses' => '75.125.82.64/26, 50.97.162.64/26,75.125.82.64/26'",
      { allowedAddresses: ['75.125.82.64/26', '50.97.162.64/26'] },
      'the ranges of tracking services change',
    ],
    ["'AllowedAddresses' => '192.0.2.1/0'", { allowedAddresses: [] }, 'it let nearly everybody fetch'],
    [
      "'AllowedAddresses' => '192.0.2.1/abc,crawler.example'",
      { allowedAddresses: [] },
      '"crawler.example" is left out',
    ],
    ["'AllowedAddresses' => '127.0.0.1'", { allowedAddresses: ['127.0.0.1'] }, '127.0.0.1 is this machine'],
    ["'AllowedAddresses' => ''", { allowedAddresses: [] }, 'nobody may fetch a page'],
    [
      "'do_not_process_cookie_name' => 'WRUID', 'do_not_process_cookie_value' => 0",
      { optOutCookie: { name: 'WRUID', value: '0' } },
      'now it is',
    ],
    [
      "'top_part' => '<i>1</i>', 'bottom_part' => \"<script>x='%FetchFromUrl%'</script>\"",
      {
        snippets: [
          { name: 'clicktale-top_part', placement: 'body-start', html: '<i>1</i>' },
          {
            name: 'clicktale-bottom_part',
            placement: 'body-end',
            html: '<script>x=new URL(%FetchUrl%,location.href).href</script>',
          },
        ],
      },
      '',
    ],
  ])('%s', async (entries, expected, warning) => {
    const { settings, warnings } = await imported(`$config = array(${entries});`)
    expect(settings).toEqual(expected)
    const told = warnings.filter(({ key, place }) => key !== 'CacheTest' && place !== 'config.php')
    const texts = told.map(({ text }) => text)
    if (warning === '') expect(texts).toEqual([])
    else expect(texts.join('\n')).toContain(warning)
  })

  test('with a password in it is told without', async () => {
    const told = await imported("$config['CacheLocation'] = 'http://shop:pl4nted@db.example/shop.pages';")
    expect(told.settings).toEqual({ cacheProvider: 'memory:' })
    expect(told.warnings[0]?.text).toContain('"http://shop:***@db.example/shop.pages" may be open to the web')
    expect(JSON.stringify(told)).not.toContain('pl4nted')
  })

  test.each<[string, string]>([
    ["'top' => true", 'it is no text, and so no snippet'],
    ["'CacheFetchingUrl' => 'http://shop.example/ClickTaleCache.php'", 'has no %CacheToken%'],
    ["'CacheFetchingUrl' => 'http://u:p@shop.example/?t=%CacheToken%'", 'cannot be read as an absolute URL'],
    ["'CacheProvider' => 'SQLServer'", '"SQLServer" has no successor'],
    ["'CacheProvider' => 'MySQLMemory', 'CacheLocation' => '/var/cache'", 'is not of the form http://user:password@'],
    ["'MaxCachedSeconds' => 'soon'", '"soon" is no number of seconds'],
    ["'MaxFolderSize' => 0", 'it meant no limit at all'],
    ["'MaxFolderSize' => 'big'", 'made the old module empty its folder'],
    ["'StaticHash' => 'test'", 'passed the address check'],
    ["'FilterRulesFile' => 'rules.xml'", 'see what must not be stored'],
  ])('%s cannot be carried over, and is told with the reason', async (entries, reason) => {
    const { unmapped } = await imported(`$config = array(${entries});`)
    expect(unmapped.map(({ text }) => text).join('\n')).toContain(reason)
  })
})

describe('a scripts file', () => {
  const xml = (scripts: string) => `<scripts>${scripts}</scripts>`

  test('with two scripts of one name has the first, and the others are told', async () => {
    const scripts = xml('<script name="Top">a</script><script name="Top">b</script>')
    const { settings, unmapped } = await imported("$config['top'] = 'c'; $config['bottom'] = 'd';", scripts)
    expect(settings.snippets?.map(({ name, html }) => [name, html])).toEqual([
      ['clicktale-top', 'a'],
      ['clicktale-bottom', 'd'],
    ])
    expect(unmapped).toEqual([
      { key: 'script Top', place: 'ClickTaleScripts.xml:1', text: 'there is a snippet "clicktale-top" already' },
      { key: 'top', place: 'config.php:1', text: 'there is a snippet "clicktale-top" already' },
    ])
  })

  const script = (html: string, attributes = '') => `<script name="Bottom" ${attributes}><![CDATA[${html}]]></script>`

  test.each<[string, string, object]>([
    ['InsertBefore="&lt;/body>"', 'x', { placement: 'body-end' }],
    ['InsertBefore="&lt;/head>"', 'x', { placement: 'head-end' }],
    ['DoNotReplaceCondition="gtag\\("', 'x', { unlessPageContains: 'gtag(' }],
    [
      '',
      '<script>a = "%FetchFromUrl%", b=\'%FetchFromUrl%\'</script>',
      { html: '<script>a = new URL(%FetchUrl%,location.href).href, b=new URL(%FetchUrl%,location.href).href</script>' },
    ],
    [
      '',
      "<script>f='CLICKTALE_FETCH_FROM_URL'</script>",
      { html: '<script>f=new URL(%FetchUrl%,location.href).href</script>' },
    ],
  ])('with %s and %s is carried over', async (attributes, html, expected) => {
    const { settings, unmapped } = await imported('', xml(script(html, attributes)))
    expect(settings.snippets).toEqual([{ name: 'clicktale-bottom', placement: 'body-end', html, ...expected }])
    expect(unmapped).toEqual([])
  })

  test.each<[string, string, string]>([
    ['InsertBefore="&lt;p class=.x.>"', 'x', 'is no place that a snippet can have'],
    ['InsertAfter="&lt;body>"', 'x', 'applied it to Top when it stood on Bottom'],
    ['DoNotReplaceCondition="no|never"', 'x', 'is a regular expression'],
    [`DoNotReplaceCondition="${'x'.repeat(201)}"`, 'x', 'longer than 200 characters'],
    ['', '<a href="%FetchFromUrl%">x</a>', 'elsewhere than between quotes in a script'],
    ['', '<script>a="go to %FetchFromUrl%"</script>', 'elsewhere than between quotes in a script'],
    ['', '<script>ClickTale(CLICKTALE_PROJECT_CODE)</script>', "write your project's code"],
  ])('with %s and %s is told', async (attributes, html, reason) => {
    const { settings, unmapped } = await imported('', xml(script(html, attributes)))
    expect(settings.snippets).toHaveLength(1)
    expect(unmapped.map(({ text }) => text).join('\n')).toContain(reason)
  })

  test('tells of scripts that are not used, are empty, or cannot be loaded', async () => {
    const { settings, unmapped, warnings } = await imported(
      '',
      xml(
        '<script name="Middle">x</script><script name="Top"/>' +
          script('<script src="http://cdn.example/x.js"></script>é'),
      ),
    )
    expect(settings.snippets).toHaveLength(1)
    expect(keysOf(unmapped)).toEqual(['script Middle'])
    const texts = warnings.map(({ key, text }) => `${key}: ${text}`).join('\n')
    for (const text of ['script Top: there is none', 'it loads a script over http', 'it is not ASCII'])
      expect(texts).toContain(text)
  })
})

describe('what is no old file', () => {
  test.each<[string, string, string]>([
    [
      'config.php',
      "<?php\n$config['a'] = file_get_contents('/etc/passwd');",
      '"config.php", line 2 has a call of file_get_contents(); nothing is executed',
    ],
    ['config.php', '<?php $config = array();\n?>\n<?= `id` ?>', '"config.php", line 3 has text outside of <?php'],
    [
      'ClickTaleScripts.xml',
      '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><scripts>&y;</scripts>',
      '"ClickTaleScripts.xml", line 1, column',
    ],
    ['ClickTaleScripts.xml', '<scripts>\n<script name="Top">', '"ClickTaleScripts.xml", line 2'],
    ['ClickTaleScripts.xml', 'x\0', 'is not UTF-8'],
    ['web.config', '<configuration/>', 'the element <configuration>'],
    ['config.php', ' '.repeat(256 * 1024 + 1), 'is longer than 262144 bytes'],
  ])('%s with %j is refused', async (name, text, reason) => {
    await writeFile(join(folder, name), text)
    const run = await importing([name, '--out', 'site.json'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain(reason)
    await expect(stat(join(folder, 'site.json'))).rejects.toThrow('ENOENT')
  })

  test('is refused where nothing is', async () => {
    expect((await importing(['.'])).stderr).toContain('there is neither config.php nor ClickTaleScripts.xml')
    expect((await importing(['none'])).exitCode).toBe(2)
  })
})

describe('--out', () => {
  test('never replaces a file without --force, and keeps what may be secret to its owner', async () => {
    await writeFile(
      join(folder, 'config.php'),
      "<?php $config['CacheProvider'] = 'MySQLMemory'; $config['CacheLocation'] = 'http://shop:pl4nted@db.example/shop.pages';",
    )
    const first = await importing(['config.php', '--out', 'site.json', '--json'])
    expect(first.exitCode).toBe(0)
    expect(first.stdout + first.stderr).not.toContain('pl4nted')
    expect((await stat(join(folder, 'site.json'))).mode & 0o777).toBe(0o600)
    await writeFile(join(folder, 'site.json'), 'mine')
    expect(await importing(['config.php', '--out', 'site.json'])).toMatchObject({ exitCode: 2, stdout: '' })
    expect(await readFile(join(folder, 'site.json'), 'utf8')).toBe('mine')
    expect((await importing(['config.php', '--out', 'site.json', '--force'])).exitCode).toBe(0)
    expect(await readFile(join(folder, 'site.json'), 'utf8')).toContain('mysql://shop:pl4nted@db.example/shop')
  })
})
