// docs/farms.md is true: its settings and blocks run as farms of two servers, behind the real nginx and HAProxy.
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { Facsimile } from '@facsimile/express'
import { serveFiltered } from '../support/filtered-site.js'
import { facsimileIn } from '../support/page-examples.js'
import { startProxyOf, type ProxyName, type ProxiedSite } from './support/proxied-site.js'

const PAGE = 'docs/farms.md'
const SNIPPETS = [{ name: 'recorder', placement: 'body-end', html: '<script>fetchFrom = %FetchUrl%</script>' }] as const
const CRAWLER = '192.0.2.7'
const VISITOR = '203.0.113.66'

/** A server that says in its page which one it is. */
async function startServer(name: string, example: string, changes: Readonly<Record<string, string>> = {}) {
  const facsimile = facsimileIn(PAGE, example, { snippets: SNIPPETS, env: { SERVER_NAME: name }, changes })
  const handler: RequestListener = (_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.end(pageOf(name))
  }
  return serveFiltered(handler, { facsimile })
}

const pageOf = (name: string) => `<!doctype html><html><body>Made by ${name}</body></html>`

async function startFarm(proxy: ProxyName, example: string) {
  const servers = [await startServer('a', example), await startServer('b', example)] as const
  const site = await startProxyOf(PAGE, proxy, `${proxy} ${example}`, { 3001: servers[0].port, 3002: servers[1].port })
  return { servers, site }
}

/** One page of a visit: who made it, its fetch URL, and the cookie that the balancer gave to the visitor. */
async function visit(site: ProxiedSite, servers: readonly { readonly facsimile: Facsimile }[], cookie?: string) {
  const page = await site.ask(VISITOR, '/', cookie === undefined ? {} : { Cookie: cookie })
  await Promise.all(servers.map(({ facsimile }) => facsimile.flush()))
  const [, server = 'nobody'] = /Made by (\w)/.exec(page.body.toString()) ?? []
  const [, fetchUrl = 'none'] = /fetchFrom = "([^"]+)"/.exec(page.body.toString()) ?? []
  return { server, fetchUrl, cookie: page.header('set-cookie')?.split(';')[0] }
}

describe('direct hosts', () => {
  test('each server puts its own name into its pages, and has the copies of no other', async () => {
    const crawlerIsHere = { '192.0.2.0/24': '127.0.0.1' }
    const [a, b] = [
      await startServer('a', 'direct-host', crawlerIsHere),
      await startServer('b', 'direct-host', crawlerIsHere),
    ]
    const page = await (await fetch(`http://127.0.0.1:${a.port}/`)).text()
    const url = /fetchFrom = "([^"]+)"/.exec(page)?.[1] ?? ''
    expect(url).toMatch(/^https:\/\/a\.shop\.example\/facsimile\?t=[\w-]{32}$/)
    await a.facsimile.flush()
    const { pathname, search } = new URL(url)
    expect((await fetch(`http://127.0.0.1:${b.port}${pathname}${search}`)).status).toBe(404)
    expect(await (await fetch(`http://127.0.0.1:${a.port}${pathname}${search}`)).text()).toBe(pageOf('a'))
  })
})

describe('sticky cookies', () => {
  test('lead the crawler to the server that made the page, through the real HAProxy', async () => {
    const { servers, site } = await startFarm('haproxy', 'sticky-cookies')
    const seen = new Set<string>()
    for (let visitor = 0; visitor < 4; visitor++) {
      const { cookie } = await visit(site, servers)
      const { server, fetchUrl } = await visit(site, servers, cookie)
      const [path = '', cookies = ''] = fetchUrl.split('#CTFetchCookies=')
      expect(decodeURIComponent(cookies)).toBe(`SERVERID=${server};`)
      const copy = await site.ask(CRAWLER, path, { Cookie: `SERVERID=${server}` })
      expect([copy.status, copy.body.toString()]).toEqual([200, pageOf(server)])
      seen.add(server)
    }
    expect([...seen].sort()).toEqual(['a', 'b'])
  })

  test('are missing from the first page of a visit, as the page warns', async () => {
    const { servers, site } = await startFarm('haproxy', 'sticky-cookies')
    const { server, fetchUrl, cookie } = await visit(site, servers)
    expect(fetchUrl).not.toContain('#')
    expect(cookie).toBe(`SERVERID=${server}`)
  })
})

describe('asking in turn', () => {
  test('finds every page once, whichever server made it, and a page that is nowhere nowhere', async () => {
    const { servers, site } = await startFarm('nginx', 'asking-in-turn')
    const seen = new Set<string>()
    for (let visitor = 0; visitor < 6; visitor++) {
      const { server, fetchUrl } = await visit(site, servers)
      const copy = await site.ask(CRAWLER, fetchUrl)
      expect([copy.status, copy.body.toString()]).toEqual([200, pageOf(server)])
      expect((await site.ask(CRAWLER, fetchUrl)).status).toBe(404)
      seen.add(server)
    }
    expect([...seen].sort()).toEqual(['a', 'b'])
  })

  test('asks nobody in turn for an address that is refused', async () => {
    const { servers, site } = await startFarm('nginx', 'asking-in-turn')
    const { server, fetchUrl } = await visit(site, servers)
    expect((await site.ask(VISITOR, fetchUrl, { 'X-Forwarded-For': CRAWLER })).status).toBe(403)
    expect((await site.ask(CRAWLER, fetchUrl)).body.toString()).toBe(pageOf(server))
  })
})
