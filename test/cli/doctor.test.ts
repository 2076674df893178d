// `facsimile doctor` finds what is wrong with a site, and nothing on one that is well.
import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { WORDS, type Explanation, type WordKind } from '@facsimile/core'
import { createDemo } from '@facsimile/demo'
import { createFacsimile, type Facsimile, type FacsimileSettings } from '@facsimile/express'
import { CHECK_NAMES } from '../../packages/cli/src/doctor/check-result.js'
import { startClusteredSite } from '../support/clustered-site.js'
import { createTestFacsimile, listenUntilTheEnd, serve } from '../support/filtered-site.js'
import { createSpyProvider } from '../express/support/spy-provider.js'
import { createSelfSigned } from '../stores/support/redis-certificate.js'
import { startChangingProxy } from './changing-proxy.js'
import { runCli, type CliRun } from './run-cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-doctor-'))
})
const stopAtTheEnd: (() => Promise<unknown>)[] = []
afterAll(async () => {
  await Promise.all(stopAtTheEnd.map((stop) => stop()))
  await rm(folder, { recursive: true })
})

const doctor = (args: readonly string[]) => runCli(['doctor', ...args], { cwd: folder })

interface Finding {
  readonly check: string
  readonly state: string
  readonly said: string
  readonly kind?: WordKind
  readonly word?: string
  readonly because?: { readonly kind: WordKind; readonly word: string }
  readonly remedy?: string
}

function findingsIn({ stdout }: CliRun): readonly Finding[] {
  const { checks } = JSON.parse(stdout) as { checks: readonly Finding[] }
  return checks.filter(({ state }) => state === 'warn' || state === 'fail')
}

const RECORDER = '<script>fetchFrom=%FetchUrl%</script>'
const SETTINGS = {
  snippets: [{ name: 'recorder', placement: 'body-end', html: RECORDER }],
  allowedAddresses: ['127.0.0.1'],
  disableCache: false,
} as const satisfies FacsimileSettings
const PAGE = '<!doctype html><html><head><title>Tea</title></head><body><p>Grün</p></body></html>'

type Headers = Readonly<Record<string, string>>

/** A page that no cache keeps, and a robots.txt as it should be. */
function application(headers: Headers = {}, page = PAGE, robots = 'User-agent: *\nDisallow: /facsimile\n') {
  return (req: IncomingMessage, res: ServerResponse): void => {
    if (req.url === '/robots.txt') {
      res.setHeader('Content-Type', 'text/plain').end(robots)
      return
    }
    const all = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', ...headers }
    for (const [name, value] of Object.entries(all)) res.setHeader(name, value)
    if (req.url === '/gone') res.statusCode = 500
    res.end(page)
  }
}

const behind =
  (facsimile: Facsimile, handler: RequestListener): RequestListener =>
  (req, res) =>
    facsimile.middleware(req, res, () => handler(req, res))

/** Answers the page's URL. */
async function site(settings: FacsimileSettings = {}, handler = application()): Promise<string> {
  return urlOf(await serve(behind(createTestFacsimile({ ...SETTINGS, ...settings }), handler)))
}

const urlOf = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}/`
const portOf = (url: string) => Number(new URL(url).port)

/** Writes settings to a file, as the site has them but for `settings`. */
async function config(settings: object = {}): Promise<readonly string[]> {
  const file = join(folder, `${Math.random()}.json`)
  await writeFile(file, JSON.stringify({ ...SETTINGS, ...settings }), { mode: 0o600 })
  return ['--config', file]
}

interface Fault {
  /** The command line that examines it. */
  readonly plant: () => Promise<readonly string[]>
  readonly word: string
  /** @default 'found' */
  readonly kind?: WordKind
  /** @default 'fail' */
  readonly state?: 'warn' | 'fail'
  readonly because?: string
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'a page that is made before it reaches Facsimile': {
    word: 'filter-not-reached',
    async plant() {
      const { middleware } = createTestFacsimile(SETTINGS)
      const page = application()
      const routed = (req: IncomingMessage) => req.url === '/' || req.url === '/robots.txt'
      return [urlOf(await serve((req, res) => (routed(req) ? page(req, res) : middleware(req, res, () => res.end()))))]
    },
  },
  'a page that shared caches keep': {
    word: 'page-cacheable',
    plant: async () => [await site({}, application({ 'Cache-Control': 'public, max-age=300' }))],
  },
  'a page that two visitors are given': {
    word: 'page-cacheable',
    async plant() {
      let kept: Buffer | undefined
      const keep = ({ path, body }: { path: string; body: Buffer }) => (path === '/' ? (kept ??= body) : body)
      return [urlOf({ port: await startChangingProxy(portOf(await site()), keep) }), '--visits', '2']
    },
  },
  'a page that browsers keep': {
    word: 'page-kept-by-browsers',
    state: 'warn',
    plant: async () => [await site({}, application({ 'Cache-Control': 'private, max-age=300' }))],
  },
  'a policy that keeps a snippet out': {
    word: 'snippet-blocked',
    plant: async () => [await site({}, application({ 'Content-Security-Policy': "script-src 'self'" }))],
  },
  'a policy that a proxy adds': {
    word: 'script-blocked',
    async plant() {
      const port = await startChangingProxy(portOf(await site()), ({ headers, body }) => {
        headers['content-security-policy'] = "default-src 'self'"
        return body
      })
      return [urlOf({ port })]
    },
  },
  'no line in robots.txt': {
    word: 'robots-allowed',
    state: 'warn',
    plant: async () => [await site({}, application({}, PAGE, 'User-agent: *\nDisallow: /admin\n'))],
  },
  'a memory provider over two workers': {
    word: 'store-not-shared',
    async plant() {
      const cluster = await startClusteredSite({})
      stopAtTheEnd.push(() => cluster.stop())
      return [urlOf(cluster)]
    },
  },
  'a second server with a store of its own': {
    word: 'store-not-shared',
    plant: async () => [await site(), '--via', `127.0.0.1:${portOf(await site())}`, '--visits', '1'],
  },
  'a proxy that is not trusted': {
    word: 'address-refused',
    async plant() {
      const clientAddress = { source: 'x-forwarded-for', trustedProxies: ['10.0.0.0/8'] }
      return [await site({ allowedAddresses: ['203.0.113.7'], clientAddress }), '-H', 'X-Forwarded-For: 203.0.113.7']
    },
  },
  'a crawler outside of the allowlist': {
    word: 'address-refused',
    plant: async () => [await site({ allowedAddresses: ['192.0.2.1'] })],
  },
  'an address that should not be let in': {
    word: 'address-admitted',
    plant: async () => [await site(), '--expect-refused'],
  },
  'a header that is believed from anybody': {
    word: 'address-admitted',
    async plant() {
      const clientAddress = { source: 'x-forwarded-for', trustedProxies: ['0.0.0.0/0'] }
      const settings = { clientAddress, allowedAddresses: ['203.0.113.0/24'] }
      return [await site(settings), ...(await config(settings)), '--expect-refused']
    },
  },
  'a store that is dead': {
    word: 'store-failing',
    async plant() {
      const fail = () => Promise.reject(new Error('down'))
      return [await site({ cacheProvider: createSpyProvider({ store: fail, pull: fail }) }), '--visits', '1']
    },
  },
  'a bound on pages that is too small': {
    word: 'copy-missing',
    because: 'too-large',
    plant: async () => [
      await site({ maxPageBytes: 20 }),
      ...(await config({ maxPageBytes: 20 })),
      ...['--visits', '1'],
    ],
  },
  'a loss that the fetcher tells, because debugging is allowed': {
    word: 'copy-missing',
    because: 'lost',
    plant: async () => [await site({ maxPageBytes: 20, allowDebug: true }), '--visits', '1'],
  },
  'a sample of nobody': {
    word: 'sampled-out',
    kind: 'passed over',
    plant: async () => [await site({ sampleRatio: 0 })],
  },
  'a sample of nobody, as the settings say': {
    word: 'sampled-out',
    kind: 'passed over',
    because: 'nothing-sampled',
    plant: async () => [await site({ sampleRatio: 0 }), ...(await config({ sampleRatio: 0 }))],
  },
  'a path that is excluded': {
    word: 'excluded',
    kind: 'passed over',
    plant: async () => [await site({ exclude: ['/'] })],
  },
  'a visitor who has opted out': {
    word: 'cookie',
    kind: 'passed over',
    plant: async () => [await site(), '--cookie', 'WRUID=0'],
  },
  'a charset that cannot be worked on': {
    word: 'charset',
    kind: 'passed over',
    plant: async () => [await site({}, application({ 'Content-Type': 'text/html; charset=utf-16' }))],
  },
  'the same, seen by somebody who is told nothing': {
    word: 'charset',
    kind: 'passed over',
    plant: async () => [
      await site({ allowedAddresses: [] }, application({ 'Content-Type': 'text/html; charset=utf-16' })),
      '--expect-refused',
    ],
  },
  'a filter that is mounted twice': {
    word: 'mounted-twice',
    state: 'warn',
    async plant() {
      const facsimile = createTestFacsimile(SETTINGS)
      return [urlOf(await serve(behind(facsimile, behind(facsimile, application()))))]
    },
  },
  'two Facsimiles in one chain': {
    word: 'mounted-twice',
    state: 'warn',
    async plant() {
      const inner = behind(createTestFacsimile(SETTINGS), application())
      const outer = createTestFacsimile({ ...SETTINGS, fetchPath: '/other' })
      return [urlOf(await serve(behind(outer, inner)))]
    },
  },
  'a fetch URL without TLS on a site with it': {
    word: 'fetch-url-insecure',
    async plant() {
      const { key, cert } = createSelfSigned('localhost')
      const authority = join(folder, 'authority.pem')
      await writeFile(authority, cert)
      const plain = await serve((req, res) => facsimile.middleware(req, res, () => res.end()))
      const fetchUrl = `http://127.0.0.1:${plain.port}/facsimile?t=%CacheToken%`
      const facsimile = createTestFacsimile({ ...SETTINGS, fetchUrl, allowedAddresses: ['127.0.0.1', '::1'] })
      const { port } = await listenUntilTheEnd(createTlsServer({ key, cert }, behind(facsimile, application())))
      return [`https://localhost:${port}/`, '--ca', authority, '--via', '127.0.0.1', '--visits', '1']
    },
  },
  'a clock that goes wrong, by when pages were captured': {
    word: 'clock-wrong',
    state: 'warn',
    async plant() {
      const facsimile = createFacsimile(SETTINGS, { now: () => Date.now() - 20_000 })
      return [urlOf(await serve(behind(facsimile, application()))), '--visits', '1']
    },
  },
  'a clock that goes wrong, by the Date of answers': {
    word: 'clock-wrong',
    state: 'warn',
    plant: async () => [await site({}, application({ Date: new Date(Date.now() + 90_000).toUTCString() }))],
  },
  'a snippet that the template has too': {
    word: 'snippet-twice',
    plant: async () => [
      await site({}, application({}, PAGE.replace('</head>', `${RECORDER.replace('%FetchUrl%', '"/f"')}</head>`))),
      ...(await config()),
    ],
  },
  'a snippet that stands twice, without the settings': {
    word: 'snippet-twice',
    async plant() {
      const html = '<script src="https://tracker.example/t.js"></script>'
      const snippets = [...SETTINGS.snippets, { name: 'tracker', placement: 'head-end' as const, html }]
      return [await site({ snippets }, application({}, PAGE.replace('<p>', `${html}<p>`)))]
    },
  },
  'a snippet at another place than the settings say': {
    word: 'snippet-misplaced',
    state: 'warn',
    plant: async () => [
      await site({ snippets: [{ ...SETTINGS.snippets[0], placement: 'head-end' }] }),
      ...(await config()),
    ],
  },
  'a page without the snippets of the settings': {
    word: 'snippet-missing',
    plant: async () => [
      await site(),
      ...(await config({ snippets: [...SETTINGS.snippets, { name: 'b', placement: 'body-end', html: '<b></b>' }] })),
    ],
  },
  'snippets without a fetch URL': {
    word: 'fetch-url-missing',
    plant: async () => [await site({ snippets: [{ name: 'a', placement: 'body-end', html: '<b></b>' }] })],
  },
  'a copy that can be fetched twice': {
    word: 'copy-fetched-twice',
    state: 'warn',
    plant: async () => [await site({ deleteAfterPull: false })],
  },
  'a fetcher that is not mounted': {
    word: 'fetcher-unreachable',
    async plant() {
      const { responseFilter } = createTestFacsimile(SETTINGS)
      const page = application()
      const missing = (res: ServerResponse) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('<p>What?</p>')
      return [
        urlOf(
          await serve((req, res) =>
            responseFilter(req, res, () => (req.url?.startsWith('/facsimile') ? missing(res) : page(req, res))),
          ),
        ),
        ...['--visits', '1'],
      ]
    },
  },
  'a fetch URL where nobody listens': {
    word: 'fetcher-unreachable',
    plant: async () => [
      await site({ fetchUrl: `http://127.0.0.1:${await freePort()}/facsimile?t=%CacheToken%` }),
      ...['--visits', '1'],
    ],
  },
  'a proxy that changes pages': {
    word: 'copy-differs',
    async plant() {
      const change = ({ body }: { body: Buffer }) => body.toString().replace('Grün', 'Gruen')
      return [urlOf({ port: await startChangingProxy(portOf(await site()), change) })]
    },
  },
  'a proxy that takes headers away': {
    word: 'robots-tag-missing',
    state: 'warn',
    async plant() {
      const port = await startChangingProxy(portOf(await site()), ({ headers, body }) => {
        delete headers['x-robots-tag']
        return body
      })
      return [urlOf({ port })]
    },
  },
  'a page that says it is compressed, and is not': {
    word: 'coding-broken',
    async plant() {
      const { port } = await serve((req, res) => {
        const isPage = req.url === '/' && req.headers['accept-encoding'] === 'gzip'
        if (isPage) res.setHeader('Content-Encoding', 'gzip')
        if (isPage) res.end(gzipSync(PAGE).subarray(0, 30))
        else application()(req, res)
      })
      return [urlOf({ port })]
    },
  },
  'a page that fails': {
    word: 'page-failing',
    plant: async () => [`${await site()}gone`],
  },
}

/** An examination waits more than it works, so several go on at a time; the tests look at what they came to. */
const AT_A_TIME = 8
const examinations = new Map<Fault, PromiseSettledResult<CliRun> | undefined>()

beforeAll(async () => {
  const faults = Object.values(FAULTS)
  while (faults.length > 0) {
    const some = faults.splice(0, AT_A_TIME)
    const begun = some.map((fault) => fault.plant().then(examine))
    const ended = await Promise.allSettled(begun)
    some.forEach((fault, at) => examinations.set(fault, ended[at]))
  }
}, 120_000)

function examine(args: readonly string[]): Promise<CliRun> {
  return doctor([...args, ...(args.includes('--visits') ? [] : ['--visits', '3']), '--json'])
}

describe('facsimile doctor', () => {
  test.each(Object.entries(FAULTS))('finds %s, and names the remedy', (_, fault) => {
    const { word, kind = 'found', state = 'fail', because } = fault
    const ended = examinations.get(fault)
    if (ended?.status !== 'fulfilled') throw ended?.reason ?? new Error('nobody examined it')
    const run = ended.value
    const found = findingsIn(run).find((finding) => finding.word === word && finding.state === state)
    expect(found ?? run.stdout + run.stderr).toMatchObject({ kind, state, word })
    expect(found?.because?.word).toBe(because)
    expect(found?.remedy).toBe(remedyOf(found?.because ?? { kind, word }))
    expect(run.exitCode).toBe(findingsIn(run).some((finding) => finding.state === 'fail') ? 1 : 0)
  })

  test('finds nothing wrong with the demo, for people and as JSON', async () => {
    const demo = await createDemo({ port: 0, trackerPort: 0 })
    try {
      const run = await doctor([`${demo.shopUrl}/`, '--json'])
      expect({ stderr: run.stderr, found: findingsIn(run) }).toEqual({ stderr: '', found: [] })
      expect(run.exitCode).toBe(0)
      const robots = await (await fetch(`${demo.shopUrl}/robots.txt`)).text()
      expect(robots).toBe((await runCli(['robots'], { cwd: folder })).stdout)
      const told = await runCli(['doctor', `${demo.shopUrl}/draw`, '--cookie', 'a=b'], { cwd: folder, isTTY: true })
      expect(told.exitCode).toBe(0)
      // eslint-disable-next-line no-control-regex -- the line is cleared before each step, and at the end
      expect(told.stderr).toMatch(/^\r\x1b\[2Kvisit 1 of 5….*copy 5 of 5…\r\x1b\[2K$/s)
      expect(told.stdout).toContain('All is well')
      expect(told.stdout).toContain('\x1b[32m✓')
    } finally {
      await demo.close()
    }
  })

  test('has nothing to say against a compressed site whose settings it knows', async () => {
    const run = await doctor([
      await site({}, (req, res) => {
        const isCoded = req.url === '/' && req.headers['accept-encoding'] === 'gzip'
        application(isCoded ? { 'Content-Encoding': 'gzip' } : {}, isCoded ? (gzipSync(PAGE) as never) : PAGE)(req, res)
      }),
      ...(await config()),
      '--json',
    ])
    expect(findingsIn(run)).toEqual([])
    expect(run.stdout).toContain('once, where the settings place it')
    expect(run.stdout).toMatch(/gzip: \d+ bytes, br: comes plain; the same page/)
  })

  test('takes a copy that stays for right where the settings say so', async () => {
    const deleteAfterPull = false
    const run = await doctor([await site({ deleteAfterPull }), ...(await config({ deleteAfterPull })), '--json'])
    expect(findingsIn(run)).toEqual([])
  })

  test('finds nothing wrong with two servers that share a store', async () => {
    const cacheProvider = createSpyProvider()
    const other = portOf(await site({ cacheProvider }))
    const run = await doctor([await site({ cacheProvider }), '--via', `127.0.0.1:${other}`, '--visits', '1', '--json'])
    expect(findingsIn(run)).toEqual([])
    expect(run.stdout).toContain(`fetched from 127.0.0.1:${other}`)
  })

  test('finds nothing wrong with a page whose fetcher should refuse, and does', async () => {
    const run = await doctor([await site({ allowedAddresses: ['192.0.2.1'] }), '--expect-refused', '--json'])
    expect(findingsIn(run)).toEqual([])
    expect(run.stdout).toContain('give --config, or run this where the copy can be fetched')
  })

  test('sends what is no GET once', async () => {
    let posts = 0
    const page = application()
    const url = await site({}, (req, res) => {
      posts += req.method === 'POST' ? 1 : 0
      page(req, res)
    })
    expect(await doctor([url, '--data', 'q=tea'])).toMatchObject({ exitCode: 0, stderr: '' })
    expect(posts).toBe(1)
  })

  test('tells problems last, with meaning and remedy, and exits 1', async () => {
    const run = await doctor([await site({ allowedAddresses: ['192.0.2.1'] })])
    expect(run.exitCode).toBe(1)
    const [meaning, remedy] = WORDS.found['address-refused']
    expect(run.stdout).toContain(
      `✗ address-refused  the fetcher refuses this address (403)\n  ${meaning}\n  → ${remedy}\n`,
    )
    expect(run.stdout).toMatch(/1 problem, 0 warnings\.\n$/)
    expect(run.stderr).toContain('error: something is wrong with the installation: address-refused')
  })

  test('prints for programs what docs/doctor.md says, and no more', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8')
    const documented = page.slice(page.indexOf('## For programs'), page.indexOf('`facsimile explain --json`'))
    const runs = [...examinations.values()].flatMap((ended) => (ended?.status === 'fulfilled' ? [ended.value] : []))
    const keys = new Set<string>()
    for (const { stdout } of runs) JSON.parse(stdout, (key, value: unknown) => (keys.add(key), value))
    const names = [...keys].filter((key) => !/^\d*$/.test(key)).sort()
    expect(names).toEqual([
      'because',
      'check',
      'checks',
      'kind',
      'meaning',
      'ok',
      'page',
      'remedy',
      'said',
      'state',
      'word',
    ])
    for (const name of names) expect(documented).toContain(`\`${name}\``)
  })

  test('explains once what is wrong in the same way in several checks', async () => {
    const change = ({ body }: { body: Buffer }) => body.toString().replace('Grün', 'Gruen')
    const { stdout } = await doctor([urlOf({ port: await startChangingProxy(portOf(await site()), change) })])
    const [meaning, remedy] = WORDS.found['copy-differs']
    expect(stdout.split(meaning)).toHaveLength(2)
    expect(stdout).toMatch(/^✗ copy-differs {2}\S.*\n {16}gzip: .*\n {16}br: .*\n {2}The copy/m)
    expect(stdout).toContain(`\n  → ${remedy}\n\n`)
    expect(stdout).toMatch(/\n3 problems, 0 warnings\.\n$/)
  })

  test('shows no secret of the visitor, of the settings or of the page', async () => {
    const secret = (name: string) => `marker-${name}-7f3a`
    const encryptionKeys = [Buffer.alloc(32, 'marker-key').toString('base64')]
    const tokens: string[] = []
    const settings = await config({ cacheProvider: `redis://u:${secret('password')}@127.0.0.1:1`, encryptionKeys })
    const seeing = await startChangingProxy(portOf(await site()), ({ body }) => {
      tokens.push(...(body.toString().match(/(?<=t=)[\w-]{32}/g) ?? []))
      return body
    })
    for (const form of [['--json'], []]) {
      const args = ['--cookie', `sid=${secret('cookie')}`, '--header', `Authorization: ${secret('header')}`, ...form]
      const run = await doctor([urlOf({ port: seeing }), ...settings, ...args])
      expect(run.exitCode).toBe(0)
      for (const text of ['marker', ...encryptionKeys, ...tokens]) expect(run.stdout + run.stderr).not.toContain(text)
    }
    expect(tokens.length).toBeGreaterThan(5)
  })

  test('has its checks listed in docs/doctor.md', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8')
    const listed = Array.from(page.matchAll(/^\| `([\w. ]+(?:URL)?)` /gm), ([, name]) => name)
    expect(listed).toEqual(CHECK_NAMES)
  })

  test('fails for an error that stands before the filter, and blames nothing else', async () => {
    const facsimile = createTestFacsimile(SETTINGS)
    const robots = application()
    const gate: RequestListener = (req, res) => {
      if (req.url !== '/') return behind(facsimile, robots)(req, res)
      return res.writeHead(403, { 'Content-Type': 'text/html' }).end(PAGE)
    }
    const run = await doctor([urlOf(await serve(gate)), '--json'])
    expect(run.exitCode).toBe(1)
    expect(findingsIn(run).map(({ check, word }) => [check, word])).toEqual([['page', 'page-failing']])
  })

  test('says what it cannot reach, and what --ca cannot read', async () => {
    const run = await doctor([`http://127.0.0.1:${await freePort()}/`])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain('Nothing listens there')
    const { stderr, exitCode } = await doctor(['https://127.0.0.1/', '--ca', 'nowhere.pem'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--ca cannot use "nowhere.pem"')
  })
})

function remedyOf({ kind, word }: { readonly kind: WordKind; readonly word: string }): string {
  const words: Readonly<Record<string, Explanation>> = WORDS[kind]
  return words[word]?.[1] ?? 'no such word'
}

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
