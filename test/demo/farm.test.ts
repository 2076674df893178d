// One demo server of several: what it reads from the environment, and whether docker-compose.yml agrees with it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createDemo, DemoError, type Demo, type DemoSettings } from '@facsimile/demo'
import { readSettings } from '../../packages/demo/src/environment.js'
import { createPublicOrigins } from '../../packages/demo/src/origins.js'
import { ask } from '../express/support/http-client.js'
import { closedPort } from '../stores/support/redis-bench.js'
import { readCompose, ROOT } from './support/compose.js'
import { createVisitor, runScripts } from './support/visitor.js'

const open: Demo[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((demo) => demo.close()))
})

async function start(settings: DemoSettings): Promise<Demo> {
  const demo = await createDemo({ port: 0, trackerPort: 0, ...settings })
  open.push(demo)
  return demo
}

describe('The settings of a server in a farm', () => {
  test('come from the environment', () => {
    expect(
      readSettings({
        CACHE_PROVIDER: 'redis://10.0.0.9:6379/1',
        PUBLIC_ORIGIN: 'http://shop.example:80/',
        CRAWL_ORIGIN: 'http://balancer:8080',
        TRACKER_ORIGIN: 'http://[::1]:3001',
        TRUSTED_PROXIES: '10.0.0.2, 10.1.0.0/16',
        CRAWLER_ADDRESSES: '2001:db8::/32',
        SESSION_SECRET: 'a'.repeat(16),
        SERVER_NAME: 'shop-a.1',
      }),
    ).toEqual({
      port: 3000,
      trackerPort: 3001,
      host: '127.0.0.1',
      cacheProvider: 'redis://10.0.0.9:6379/1',
      publicOrigin: 'http://shop.example',
      crawlOrigin: 'http://balancer:8080',
      trackerOrigin: 'http://[::1]:3001',
      trustedProxies: ['10.0.0.2', '10.1.0.0/16'],
      crawlerAddresses: ['2001:db8::/32'],
      sessionSecret: 'a'.repeat(16),
      serverName: 'shop-a.1',
    })
  })

  test.each(['memory:', 'file:/var/lib/pages', 'redis://127.0.0.1', 'mysql://shop:secret@127.0.0.1/shop'])(
    'may name the cache provider %s',
    (CACHE_PROVIDER) => {
      expect(readSettings({ CACHE_PROVIDER }).cacheProvider).toBe(CACHE_PROVIDER)
    },
  )

  test.each([
    ['CACHE_PROVIDER', 'redis', 'cannot be used'],
    ['CACHE_PROVIDER', 'memory:large', 'cannot be used'],
    ['CACHE_PROVIDER', 'carrier-pigeon://:open-sesame@loft', 'cannot be used'],
    ['CACHE_PROVIDER', 'mysql://shop:open-sesame@127.0.0.1', 'cannot be used'],
    ['PUBLIC_ORIGIN', 'localhost:8080', 'is "localhost:8080", which is no origin'],
    ['PUBLIC_ORIGIN', 'https://shop.example', 'which is no origin: http://, a host and a port'],
    ['PUBLIC_ORIGIN', 'http://shop.example/path', 'which is no origin'],
    ['PUBLIC_ORIGIN', 'http://mira@shop.example', 'which is no origin'],
    ['CRAWL_ORIGIN', 'balancer', 'which is no origin'],
    ['TRACKER_ORIGIN', '//desk', 'which is no origin'],
    ['TRUSTED_PROXIES', '10.0.0', '"10.0.0"'],
    ['TRUSTED_PROXIES', '10.0.0.1,,10.0.0.2', 'cannot be used'],
    ['CRAWLER_ADDRESSES', 'crawler.example', '"crawler.example"'],
    ['SESSION_SECRET', 'open-sesame', 'has 11 characters'],
    ['SERVER_NAME', '<b>', 'is "<b>"'],
    ['SERVER_NAME', 'a'.repeat(41), 'Use up to 40 letters'],
  ])('cannot have %s=%s, and the error says what to write', (name, value, problem) => {
    const error = errorOf(() => readSettings({ [name]: value }))
    expect(error).toBeInstanceOf(DemoError)
    expect(error).toMatchObject({ code: 'VARIABLE_INVALID' })
    expect(error.message).toMatch(new RegExp(`^${name} .* For example: ${name}=\\S.* npm start$`))
    expect(error.message).toContain(problem)
    expect(error.message).not.toContain('sesame')
  })

  test('count as absent when they are empty', () => {
    const names = ['CACHE_PROVIDER', 'PUBLIC_ORIGIN', 'CRAWL_ORIGIN', 'TRACKER_ORIGIN', 'TRUSTED_PROXIES']
    const more = ['CRAWLER_ADDRESSES', 'SESSION_SECRET', 'SERVER_NAME']
    expect(readSettings(Object.fromEntries([...names, ...more].map((name) => [name, ''])))).toEqual(readSettings({}))
  })
})

describe('A server of a farm', () => {
  test('shows its name in the foot of its pages, as text, and nothing without one', async () => {
    const named = await createVisitor((await start({ serverName: 'shop-a' })).shopUrl).open('/')
    expect(named.text).toMatch(/<footer>[^]*This page was served by shop-a\.[^]*<\/footer>/)
    expect(named.headers.get('served-by')).toBe('shop-a')
    const nameless = await createVisitor((await start({})).shopUrl).open('/')
    expect(nameless.text).not.toContain('served by')
    expect(nameless.headers.get('served-by')).toBeNull()
  })

  test('sends its beacons to the Replay desk of another one, and starts none', async () => {
    const desk = await start({})
    const { port } = new URL(desk.trackerUrl)
    const shop = await start({ trackerOrigin: `http://localhost:${port}` })
    expect(shop.trackerUrl).toBe(`http://localhost:${port}`)
    const page = await createVisitor(shop.shopUrl).open('/')
    expect(page.headers.get('content-security-policy')).toContain(`http://127.0.0.1:${port}`)
    // It is refused there: the desk belongs to another shop.
    expect((await runScripts(page)).status).toBe(403)
  })

  test('writes the public origin into its fetch URLs', async () => {
    const port = await closedPort()
    const demo = await start({ port, publicOrigin: 'http://localhost:8080' })
    expect(demo.shopUrl).toBe('http://localhost:8080')
    const page = await ask(port, '/')
    expect(page.text).toMatch(/fetchUrl = "http:\/\/localhost:8080\/facsimile\?t=[\w-]{32}"/)
  })

  test("lets nobody but the crawler fetch, by the address that the balancer tells, and by the socket's without one", async () => {
    const behind = await start({ trustedProxies: ['127.0.0.1'], crawlerAddresses: ['192.0.2.7'] })
    expect(await fetchStatus(behind, { 'X-Forwarded-For': '192.0.2.7' })).toBe(200)
    expect(await fetchStatus(behind, { 'X-Forwarded-For': '192.0.2.7, 192.0.2.8' })).toBe(403)
    expect(await fetchStatus(behind, {})).toBe(403)
    const alone = await start({})
    expect(await fetchStatus(alone, { 'X-Forwarded-For': '192.0.2.7' })).toBe(200)
  })
})

describe('The public origin of a farm', () => {
  test.each(['localhost', '127.0.0.1', '[::1]'])('of this machine, %s, has the other names of it too', (host) => {
    const origins = createPublicOrigins(`http://${host}:8080`)
    expect(origins.main).toBe(`http://${host}:8080`)
    expect(origins.all).toEqual(new Set(['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']))
    expect(origins.under('127.0.0.1:3000')).toBe('http://127.0.0.1:8080')
  })

  test('elsewhere has that one name, whatever a Host header says', () => {
    const origins = createPublicOrigins('http://shop.example')
    expect(origins.all).toEqual(new Set(['http://shop.example']))
    for (const host of ['shop.example', 'localhost', 'a b', '', undefined]) {
      expect(origins.under(host)).toBe('http://shop.example')
    }
  })
})

describe('docker-compose.yml', () => {
  const services = readCompose()
  const shops = ['shop-a', 'shop-b'] as const

  test('starts a Redis, two shops and a balancer for the profile farm', () => {
    const farm = Object.keys(services).filter((name) => services[name]?.profiles?.includes('farm'))
    expect(farm.sort()).toEqual(['balancer', 'farm-redis', ...shops])
    expect(Object.keys(services['balancer']?.depends_on ?? {})).toEqual([...shops])
    for (const shop of shops) expect(Object.keys(services[shop]?.depends_on ?? {})).toEqual(['farm-redis'])
  })

  test('opens ports on the loopback interface only, and none twice', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? [])
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    expect(new Set(ports).size).toBe(ports.length)
  })

  test.each(['demo', ...shops])('gives %s the variables that it reads, with values that it takes', (name) => {
    const environment = services[name]?.environment ?? {}
    expect(() => readSettings(environment)).not.toThrow()
    const read = new Set<string>()
    readSettings(new Proxy({}, { get: (_target, variable) => void read.add(String(variable)) }))
    expect([...read]).toEqual(expect.arrayContaining(Object.keys(environment)))
    expect(Object.values(environment).every((value) => typeof value === 'string')).toBe(true)
  })

  test('tells both shops the same where they have to agree', () => {
    const [a, b] = shops.map((name) => readSettings(services[name]?.environment ?? {}))
    for (const key of [
      'cacheProvider',
      'publicOrigin',
      'sessionSecret',
      'trustedProxies',
      'crawlerAddresses',
    ] as const) {
      expect(a?.[key]).toEqual(b?.[key])
      expect(a?.[key]).toBeDefined()
    }
    expect(a?.serverName).not.toBe(b?.serverName)
  })

  test('has one Replay desk, under the port by which the other shop and the browser know it', () => {
    const [a, b] = shops.map((name) => readSettings(services[name]?.environment ?? {}))
    expect([a?.trackerOrigin, b?.trackerOrigin]).toEqual([undefined, `http://localhost:${a?.trackerPort}`])
    expect(services['shop-a']?.ports).toEqual([`127.0.0.1:${a?.trackerPort}:${a?.trackerPort}`])
  })

  test("has the balancer where the shops' settings say, and trusts it and its crawler by their addresses", () => {
    const { environment, ports, networks, volumes } = services['balancer'] ?? {}
    const [settings] = shops.map((name) => readSettings(services[name]?.environment ?? {}))
    expect(ports).toEqual([`127.0.0.1:8080:${environment?.['LISTEN']}`])
    expect(settings).toMatchObject({ publicOrigin: 'http://localhost:8080', crawlOrigin: 'http://balancer:8080' })
    expect(networks).toEqual({ farm: { ipv4_address: settings?.trustedProxies?.[0] } })
    expect(services['shop-a']?.networks).toEqual({ farm: { ipv4_address: settings?.crawlerAddresses?.[0] } })
    const [source = ''] = volumes?.[0]?.split(':') ?? []
    const variables = new Set(readFileSync(join(ROOT, source), 'utf8').match(/(?<=\$\{)\w+/g))
    expect([...variables].sort()).toEqual(Object.keys(environment ?? {}).sort())
  })
})

/** What the fetcher answers for a page of a visitor's, when it is asked with these headers. */
async function fetchStatus({ shopUrl }: Demo, headers: Readonly<Record<string, string>>): Promise<number> {
  const page = await createVisitor(shopUrl).open('/')
  const [, token] = /facsimile\?t=([\w-]+)/.exec(page.text) ?? []
  return (await ask(Number(new URL(shopUrl).port), `/facsimile?t=${token}`, { headers })).status
}

function errorOf(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
