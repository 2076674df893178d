// docs/behind-a-proxy.md is true: its blocks run in the real nginx and HAProxy, before sites with its settings.
import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { serveFiltered } from '../support/filtered-site.js'
import { facsimileIn } from '../support/page-examples.js'
import { requestText } from '../support/raw-http.js'
import { PROXIES, startProxyOf, type ProxiedSite, type ProxyName } from './support/proxied-site.js'

const PAGE = 'docs/behind-a-proxy.md'
const WAYS = ['x-forwarded-for', 'forwarded', 'proxy-guards'] as const
type Way = (typeof WAYS)[number]

const SNIPPETS = [{ name: 'recorder', placement: 'body-end', html: '<script>fetchFrom = %FetchUrl%</script>' }] as const
const CRAWLER = '192.0.2.7'
const STRANGER = '203.0.113.66'
const COMPLAINT = 'This address may not fetch pages.\n'

/** Every byte that there is, in a page of a charset that has them. */
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x3c))
const HEAD = '<!doctype html><html><head><title>Tea</title></head><body><p>'
const TAIL = '</p></body></html>\n'
const PRODUCED = Buffer.concat([Buffer.from(HEAD), BYTES, Buffer.from(TAIL)])

const sendPage = (res: ServerResponse) => {
  res.setHeader('Content-Type', 'text/html; charset=windows-1252')
  res.end(PRODUCED)
}

async function serve(
  proxy: ProxyName,
  way: Way,
  handler: RequestListener = (_req, res) => sendPage(res),
  changes: Readonly<Record<string, string>> = {},
) {
  const facsimile = facsimileIn(PAGE, way, { snippets: SNIPPETS })
  const { port } = await serveFiltered(handler, { facsimile })
  const site = await startProxyOf(PAGE, proxy, `${proxy} ${way}`, { 3000: port }, changes)
  return { facsimile, site }
}

const FIRST = '<!doctype html><html><head></head><body><p>first</p>'
const LAST = '<p>last</p></body></html>'

/**
 * Serves a page whose second half is written when `finish` is called. It tells its length, because nginx holds such a
 * page back whole unless it is told not to.
 */
async function serveInTwo(
  proxy: ProxyName,
  way: Way,
  { headers = {}, changes = {} }: Partial<Record<'headers' | 'changes', Readonly<Record<string, string>>>> = {},
) {
  let finish = () => {}
  const handler: RequestListener = (_req, res) => {
    const all = { ...headers, 'Content-Type': 'text/html', 'Content-Length': `${FIRST}${LAST}`.length }
    for (const [name, value] of Object.entries(all)) res.setHeader(name, value)
    res.write(FIRST)
    finish = () => res.end(LAST)
  }
  const { site } = await serve(proxy, way, handler, changes)
  return { site, finish: () => finish() }
}

/** A visitor's page and the path at which its copy waits. */
async function visit(site: ProxiedSite, address: string = STRANGER) {
  const page = await site.ask(address, '/')
  const path = /fetchFrom = "([^"]+)"/.exec(page.body.toString('latin1'))?.[1] ?? 'no fetch URL'
  return { page, path }
}

describe.each(PROXIES)('behind %s', (proxy) => {
  describe.each(WAYS)('as in the example %s', (way) => {
    test('a page reaches its visitor byte for byte, and its copy the crawler, once', async () => {
      const { facsimile, site } = await serve(proxy, way)
      const { page, path } = await visit(site)
      const snippet = `<script>fetchFrom = "${path}"</script>`
      expect(path).toMatch(/^\/facsimile\?t=[\w-]{32}$/)
      expect(page.body).toEqual(
        Buffer.concat([Buffer.from(HEAD), BYTES, Buffer.from(TAIL.replace('</b', `${snippet}</b`))]),
      )
      expect(page.header('facsimile-status')).toBeUndefined()

      await facsimile.flush()
      const copy = await site.ask(CRAWLER, path)
      expect([copy.status, copy.header('facsimile-page')?.slice(0, 22)]).toEqual([200, 'status=200, method=GET'])
      expect(copy.body).toEqual(PRODUCED)
      expect((await site.ask(CRAWLER, path)).status).toBe(404)
    })

    test('nobody else gets a copy: not by forged headers, and not by another spelling of the path', async () => {
      const { facsimile, site } = await serve(proxy, way)
      const { path } = await visit(site)
      await facsimile.flush()
      for (const headers of FORGED)
        expect([headers, (await site.ask(STRANGER, path, headers)).status]).toEqual([headers, 403])
      const query = path.slice('/facsimile'.length)
      for (const spelling of SPELLINGS) {
        const answer = await site.ask(STRANGER, `${spelling}${query}`)
        expect([spelling, answer.header('repr-digest'), answer.body.includes(BYTES) && answer.status]).toEqual([
          spelling,
          undefined,
          answer.body.includes('<script>') && 200,
        ])
      }
      expect((await site.ask(CRAWLER, path)).body).toEqual(PRODUCED)
    })

    test('the first bytes of a page leave when the application writes them', async () => {
      const { site, finish } = await serveInTwo(proxy, way)
      const connection = await site.connect(STRANGER)
      connection.send(requestText({ headers: { Host: 'shop.example' } }))
      expect(await connection.readUntil(FIRST)).not.toContain(LAST)
      finish()
      expect(await connection.readUntil('</html>')).toContain('<script>fetchFrom = "/facsimile?t=')
      connection.destroy()
    })
  })

  test('nobody reaches the troubleshooting page of a site that admits its proxy', async () => {
    const { site } = await serve(proxy, 'proxy-guards')
    for (const address of [CRAWLER, STRANGER]) expect((await site.ask(address, '/facsimile/debug')).status).toBe(403)
  })

  test('a crawler that comes by IPv6 is known by Forwarded, and its neighbour is not', async () => {
    const { facsimile, site } = await serve(proxy, 'forwarded')
    const { path } = await visit(site)
    await facsimile.flush()
    expect((await site.ask('2001:db8:8::1', path)).body.toString()).toBe(COMPLAINT)
    expect((await site.ask('2001:db8:7::1', path)).body).toEqual(PRODUCED)
  })
})

test('nginx lets the first bytes go where the application asks for it, as the page says', async () => {
  const { site, finish } = await serveInTwo('nginx', 'x-forwarded-for', {
    headers: { 'X-Accel-Buffering': 'no' },
    changes: { 'proxy_buffering off;': '' },
  })
  const connection = await site.connect(STRANGER)
  connection.send(requestText({ headers: { Host: 'shop.example' } }))
  await connection.readUntil(FIRST)
  finish()
  expect(await connection.readUntil('</html>')).toContain('<script>')
  connection.destroy()
})

/** What a stranger writes who wants to be taken for the crawler, or for nobody. */
const FORGED: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'X-Forwarded-For': CRAWLER },
  { 'X-Forwarded-For': `${CRAWLER}, 127.0.0.1` },
  { 'X-Forwarded-For': '127.0.0.1' },
  { 'X-Forwarded-For': 'unknown' },
  { Forwarded: `for=${CRAWLER}` },
  { Forwarded: `for=${CRAWLER};by="` },
  { 'X-Real-IP': CRAWLER, 'Client-IP': CRAWLER, 'True-Client-IP': CRAWLER },
]

/** Paths that one of two programs might take for the fetch path, and the other not. */
const SPELLINGS = [
  '/FACSIMILE',
  '/%66acsimile',
  '//facsimile',
  '/./facsimile',
  '/x/../facsimile',
  '/facsimile/',
  '/facsimile;x',
  'http://shop.example/facsimile',
  'http://shop.example/./facsimile',
  'http://shop.example/%2e/facsimile',
  'http://shop.example/\\..\\facsimile',
  '//shop.example/facsimile',
]
