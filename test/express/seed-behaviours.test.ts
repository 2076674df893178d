// What users of the old integration modules rely on, over real sockets with real Express.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { createMemoryProvider } from '@facsimile/core/memory'
import type { FacsimileSettings } from '@facsimile/express'
import connect from 'connect'
import express from 'express'
import session from 'express-session'
import { parse, type DefaultTreeAdapterTypes } from 'parse5'
import { ask, type Reply } from './support/http-client.js'
import {
  createFolder,
  createTestFacsimile,
  fetchUrlIn,
  listen,
  PAGE,
  RECORDER,
  siteAt,
  startSite,
  tokenIn,
} from './support/site.js'
import { createSpyProvider } from './support/spy-provider.js'

const PROVIDERS: [name: string, location: () => Promise<string>][] = [
  ['memory', () => Promise.resolve('memory:')],
  ['file', async () => `file:${await createFolder()}`],
]

const SCRIPT = /<script>window\.FetchFrom=.*?<\/script>/

describe('one place for the tracking code', () => {
  test('every page gets it, whichever route, template or status it comes from', async () => {
    const site = await startSite({}, (app) => {
      app.get('/', (_req, res) => void res.send(PAGE))
      app.get('/old', (_req, res) => void res.status(410).type('html').end(PAGE))
      app.get('/streamed', (_req, res) => {
        res.type('html').write(PAGE.slice(0, 40))
        res.end(PAGE.slice(40))
      })
      app.use((_req, res) => void res.status(404).send(PAGE))
    })
    for (const path of ['/', '/old', '/streamed', '/nowhere']) {
      const page = await site.visit(path)
      expect(page.text.replace(SCRIPT, '')).toBe(PAGE)
      expect(page.text).toMatch(new RegExp(`${SCRIPT.source}</body></html>$`))
    }
  })

  test('whatever is no page gets nothing', async () => {
    const site = await startSite({}, (app) => {
      app.get('/json', (_req, res) => void res.json({ page: PAGE }))
      app.get('/text', (_req, res) => void res.type('text').send(PAGE))
      app.get('/part', (_req, res) => void res.send('<li>Tea</li>'))
    })
    expect((await site.visit('/json')).text).toBe(JSON.stringify({ page: PAGE }))
    expect((await site.visit('/text')).text).toBe(PAGE)
    expect((await site.visit('/part')).text).toBe('<li>Tea</li>')
  })

  test('a bare http server and Connect take the same middleware', async () => {
    const facsimile = createTestFacsimile()
    const bare = await listen((req, res) =>
      facsimile.middleware(req, res, () => {
        res.setHeader('Content-Type', 'text/html')
        res.end(PAGE)
      }),
    )
    const app = connect()
    app.use(facsimile.middleware as connect.NextHandleFunction)
    app.use((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html' })
      res.end(PAGE)
    })
    const connected = await listen(app)
    for (const { port } of [bare, connected]) {
      const site = siteAt(port, facsimile)
      const page = await site.visit()
      expect(page.text).toMatch(SCRIPT)
      expect((await site.crawl(page)).text).toBe(PAGE)
    }
  })

  test('several instances live in one process, each with its own pages and snippets', async () => {
    const one = createTestFacsimile()
    const two = createTestFacsimile({
      fetchPath: '/two',
      snippets: [{ ...RECORDER, html: `<b>two</b>${RECORDER.html}` }],
    })
    const app = express()
    app.use('/a', one.middleware)
    app.use('/b', two.middleware)
    app.use(one.fetcher).use(two.fetcher)
    app.get(/.*/, (_req, res) => void res.send(PAGE))
    const { port } = await listen(app)
    const [a, b] = [await ask(port, '/a/x'), await ask(port, '/b/x')]
    expect(a.text).not.toContain('<b>two</b>')
    expect(b.text).toContain('<b>two</b>')
    expect((await ask(port, `/two?t=${tokenIn(a)}`)).status).toBe(404)
    expect((await ask(port, `/facsimile?t=${tokenIn(b)}`)).status).toBe(404)
    expect((await ask(port, fetchUrlIn(a))).text).toBe(PAGE)
    expect((await ask(port, fetchUrlIn(b))).text).toBe(PAGE)
  })
})

describe.each(PROVIDERS)('pages recorded as they were seen, with the %s provider', (_name, locate) => {
  test('a page behind a login', async () => {
    let produced = ''
    const site = await startSite({ cacheProvider: await locate() }, (app) => {
      app.get('/account', (req, res) => {
        const isAnna = req.headers.authorization === `Basic ${Buffer.from('anna:tea').toString('base64')}`
        produced = PAGE.replace('Tea', isAnna ? 'Your balance: 1 204,17 €' : 'Log in')
        res.status(isAnna ? 200 : 401).send(produced)
      })
    })
    const page = await site.visit('/account', { headers: { Authorization: `Basic ${btoa('anna:tea')}` } })
    expect(page.text).toContain('Your balance')
    const copy = await site.crawl(page)
    expect(copy.status).toBe(200)
    expect(copy.body).toEqual(Buffer.from(produced))
  })

  test('a page that depends on the session', async () => {
    const produced: string[] = []
    const site = await startSite({ cacheProvider: await locate() }, (app) => {
      app.use(session({ secret: 'for the test only', resave: false, saveUninitialized: true }))
      app.get('/basket', (req, res) => {
        const basket = req.session as unknown as { items?: number }
        basket.items = (basket.items ?? 0) + 1
        produced.push(PAGE.replace('Tea', `${basket.items} × tea for ${req.sessionID}`))
        res.send(produced.at(-1))
      })
    })
    const first = await site.visit('/basket')
    const cookie = first.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const second = await site.visit('/basket', { headers: { Cookie: cookie } })
    const other = await site.visit('/basket')
    const copies = [await site.crawl(first), await site.crawl(second), await site.crawl(other)]
    expect(copies.map((copy) => copy.text)).toEqual(produced)
    expect(produced[1]).toContain('2 × tea')
    expect(produced[2]).toContain('1 × tea')
  })

  test('a page with random parts, many at a time', async () => {
    const produced = new Map<string, string>()
    const site = await startSite({ cacheProvider: await locate() }, (app) => {
      app.get('/draw/:id', (req, res) => {
        const html = PAGE.replace('Tea', `Lot ${Math.random()} of ${req.params.id}`)
        produced.set(req.params.id, html)
        res.send(html)
      })
    })
    const ids = Array.from({ length: 20 }, (_, index) => String(index))
    const pages = await Promise.all(ids.map((id) => site.visit(`/draw/${id}`)))
    const copies = await Promise.all(pages.map((page) => site.crawl(page)))
    expect(copies.map((copy) => copy.text)).toEqual(ids.map((id) => produced.get(id)))
  })

  test('the answer to a POST, with its status and in its own charset', async () => {
    const produced = Buffer.from(PAGE.replace('Tea', 'Th\xe9 \x80 ordered'), 'latin1')
    const site = await startSite({ cacheProvider: await locate() }, (app) => {
      app.post('/order', express.urlencoded({ extended: false }), (req, res) => {
        const { item } = req.body as { item: string }
        res.status(item === 'tea' ? 201 : 400).set('Content-Type', 'text/html; charset=iso-8859-1')
        res.end(produced)
      })
    })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const page = await site.visit('/order', { method: 'POST', headers, body: 'item=tea' })
    expect(page.status).toBe(201)
    const copy = await site.crawl(page)
    expect(copy.body).toEqual(produced)
    expect(copy.headers['content-type']).toBe('text/html; charset=iso-8859-1')
    expect(copy.headers['facsimile-page']).toMatch(/^status=201, method=POST, captured=@\d+$/)
  })

  test('stored content is deleted after access', async () => {
    const site = await startSite({ cacheProvider: await locate() })
    const page = await site.visit()
    expect((await site.crawl(page)).status).toBe(200)
    expect((await site.crawl(page)).status).toBe(404)
  })

  test('of many crawlers at the same time exactly one gets the page', async () => {
    const site = await startSite({ cacheProvider: await locate() })
    const page = await site.visit()
    const answers = await Promise.all(Array.from({ length: 12 }, () => site.crawl(page)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array<number>(11).fill(404)])
  })

  test('with deleteAfterPull: false a page that the back button shows again can be fetched again', async () => {
    const site = await startSite({ cacheProvider: await locate(), deleteAfterPull: false })
    const page = await site.visit()
    for (let time = 0; time < 3; time++) expect((await site.crawl(page)).text).toBe(PAGE)
  })

  test('a page whose time was over when it was to be stored is never served', async () => {
    const site = await startSite({ cacheProvider: await locate() }, undefined, { now: () => Date.now() - 60_000 })
    expect((await site.crawl(await site.visit())).status).toBe(404)
  })

  test('stored content that nobody fetched is gone after maxCachedSeconds, and not before', async () => {
    const site = await startSite({ cacheProvider: await locate(), maxCachedSeconds: 1 })
    const visitedAt = performance.now()
    const page = await site.visit()
    const giveUpAt = visitedAt + 5_000
    while ((await site.crawl(page, { method: 'HEAD' })).status !== 404) {
      if (performance.now() > giveUpAt) throw new Error('the page was still there after 5 s')
    }
    // A millisecond less: an instant in whole milliseconds lies up to one in the past.
    expect(performance.now() - visitedAt).toBeGreaterThanOrEqual(997)
    expect((await site.crawl(page)).status).toBe(404)
  })

  test('of more than maxCachedPages the oldest goes first', async () => {
    const site = await startSite({ cacheProvider: await locate(), maxCachedPages: 2 })
    const pages: Reply[] = []
    for (const path of ['/1', '/2', '/3']) {
      pages.push(await site.visit(path))
      await site.facsimile.flush()
      // Waits for the store, and takes nothing.
      await site.crawl(pages.at(-1)!, { method: 'HEAD' })
    }
    const statuses: number[] = []
    for (const page of pages) statuses.push((await site.crawl(page)).status)
    expect(statuses).toEqual([404, 200, 200])
  })
})

test('a page lives for maxCachedSeconds by the clock of the store', async () => {
  let milliseconds = 0
  const cacheProvider = createMemoryProvider({}, { now: () => milliseconds })
  const site = await startSite({ cacheProvider, maxCachedSeconds: 60 })
  const page = await site.visit()
  expect((await site.crawl(page, { method: 'HEAD' })).status).toBe(200)
  milliseconds = 59_000
  expect((await site.crawl(page, { method: 'HEAD' })).status).toBe(200)
  milliseconds = 60_000
  expect((await site.crawl(page)).status).toBe(404)
})

describe('the opt-out cookie', () => {
  const visitWith = async (settings: FacsimileSettings, cookie: string) => {
    const site = await startSite(settings)
    return site.visit('/', { headers: { Cookie: cookie } })
  }

  test.each<[settings: FacsimileSettings, cookie: string]>([
    [{}, 'WRUID=0'],
    [{}, 'a=b; WRUID=0; c=d'],
    [{}, 'WRUID=1; WRUID=0'],
    [{ optOutCookie: { name: 'WRUIDAWS', value: '0' } }, 'WRUIDAWS=0'],
    [{ optOutCookie: { name: 'consent', value: 'denied' } }, 'consent=denied'],
  ])('with %j a visitor with "%s" is neither injected nor stored', async (settings, cookie) => {
    const { text, headers } = await visitWith(settings, cookie)
    expect(text).toBe(PAGE)
    expect(headers['facsimile-status']).toBe('skipped; reason=cookie')
  })

  test.each<[settings: FacsimileSettings, cookie: string]>([
    [{}, 'WRUID=1'],
    [{}, 'WRUID=00'],
    [{}, 'WRUID='],
    [{}, 'XWRUID=0'],
    [{}, 'wruid=0'],
    [{ optOutCookie: { name: 'consent', value: 'denied' } }, 'WRUID=0'],
    [{ optOutCookie: false }, 'WRUID=0'],
  ])('with %j a visitor with "%s" is recorded', async (settings, cookie) => {
    expect((await visitWith(settings, cookie)).text).toMatch(SCRIPT)
  })

  test('an opted-out visitor costs the store nothing', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider })
    await site.visit('/', { headers: { Cookie: 'WRUID=0' } })
    await site.facsimile.flush()
    expect(cacheProvider.calls).toEqual([])
  })
})

describe('a farm of servers', () => {
  test('each server names its own direct host, whatever the Host header says', async () => {
    for (const host of ['s1', 's2']) {
      const site = await startSite({ fetchUrl: `https://${host}.site.example/facsimile?t=%CacheToken%` })
      const page = await site.visit('/', { headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' } })
      expect(fetchUrlIn(page)).toMatch(new RegExp(`^https://${host}\\.site\\.example/facsimile\\?t=[\\w-]{32}$`))
      expect(page.text).not.toContain('evil')
    }
  })

  test('sticky cookies ride in the fragment of the fetch URL, in the form that crawlers read', async () => {
    const site = await startSite({ stickyCookies: ['SERVERID', 'AWSALB', 'absent'] })
    const page = await site.visit('/', { headers: { Cookie: 'AWSALB=a/b+c==&d%41; other=1; SERVERID=s1' } })
    const [url, fragment] = fetchUrlIn(page).split('#')
    expect(url).toBe(`/facsimile?t=${tokenIn(page)}`)
    expect(fragment).toBe('CTFetchCookies=SERVERID%3Ds1%3BAWSALB%3Da%2Fb%2Bc%3D%3D%26d%2541%3B')
    expect(decodeURIComponent(fragment!)).toBe('CTFetchCookies=SERVERID=s1;AWSALB=a/b+c==&d%41;')
  })

  test('a visitor without the sticky cookies gets the plain URL', async () => {
    const site = await startSite({ stickyCookies: ['SERVERID'] })
    expect(fetchUrlIn(await site.visit())).not.toContain('#')
    expect(fetchUrlIn(await site.visit('/', { headers: { Cookie: 'SERVERIDX=1' } }))).not.toContain('#')
  })

  test.each([
    `</script><script>alert(1)</script>`,
    `"+alert(1)+"`,
    `'-alert(1)-'`,
    `\\"-alert(1)//`,
    `\xe2\x80\xa8alert(1)`,
    `<!--<script>`,
    `%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E`,
    `&quot;-alert(1)-&quot;`,
    `%FetchUrl%%CacheToken%$&$1`,
  ])('a cookie value made by an attacker stays inside of the string: %j', async (value) => {
    const site = await startSite({ stickyCookies: ['SERVERID'] })
    const page = await site.visit('/', { headers: { Cookie: `SERVERID=${value}` } })
    const scripts = scriptsIn(page.text)
    expect(scripts).toHaveLength(1)
    const window: { FetchFrom?: string } = {}
    runInNewContext(scripts[0]!, { window })
    const [pair] = decodeURIComponent(window.FetchFrom!.split('#CTFetchCookies=')[1]!).split(';')
    expect(pair).toBe(`SERVERID=${Buffer.from(value, 'latin1').toString().split(';')[0]}`)
    expect((await site.crawl(page)).text).toBe(PAGE)
  })
})

describe('behind a reverse proxy', () => {
  const CRAWLER = '75.125.82.77'
  const allowedAddresses = ['75.125.82.64/26']
  const trustedProxies = ['127.0.0.1']

  test.each<[source: string, headers: Record<string, string>]>([
    ['x-forwarded-for', { 'X-Forwarded-For': CRAWLER }],
    ['X-Forwarded-For', { 'X-Forwarded-For': `1.2.3.4, ${CRAWLER}` }],
    ['forwarded', { Forwarded: `for=1.2.3.4, for="${CRAWLER}:4711";proto=https` }],
    ['X-Client-Ip', { 'X-Client-Ip': CRAWLER }],
  ])('the crawler is known by the trusted header %s', async (source, headers) => {
    const site = await startSite({ allowedAddresses, clientAddress: { source, trustedProxies } })
    const page = await site.visit('/', { headers: { 'X-Forwarded-For': '9.9.9.9' } })
    expect((await site.crawl(page, { headers })).text).toBe(PAGE)
  })

  test.each<[why: string, source: string, headers: Record<string, string>, from: string]>([
    [
      'the visitor wrote the entry further left',
      'x-forwarded-for',
      { 'X-Forwarded-For': `${CRAWLER}, 9.9.9.9` },
      '127.0.0.1',
    ],
    ['the request came past the proxy', 'x-forwarded-for', { 'X-Forwarded-For': CRAWLER }, '127.0.0.2'],
    ['the proxy sent no header', 'x-forwarded-for', {}, '127.0.0.1'],
    ['another header says so', 'x-forwarded-for', { Forwarded: `for=${CRAWLER}`, 'X-Real-Ip': CRAWLER }, '127.0.0.1'],
    ['the header is not to be read', 'socket', { 'X-Forwarded-For': CRAWLER }, '127.0.0.1'],
    ['a quote swallows what the proxy added', 'forwarded', { Forwarded: `for="${CRAWLER}, for=9.9.9.9` }, '127.0.0.1'],
    ['it is no address', 'x-client-ip', { 'X-Client-Ip': `${CRAWLER}.evil` }, '127.0.0.1'],
  ])('nobody passes for the crawler when %s', async (_why, source, headers, from) => {
    const site = await startSite({ allowedAddresses, clientAddress: { source, trustedProxies } })
    const page = await site.visit('/', { headers: { 'X-Forwarded-For': '9.9.9.9' } })
    expect((await site.crawl(page, { headers, from })).status).toBe(403)
  })
})

test('search engines are kept away from every answer of the fetcher', async () => {
  const site = await startSite()
  const answers = [
    await site.crawl(await site.visit()),
    await site.crawl('x'),
    await site.crawl(await site.visit(), { from: '127.0.0.9' }),
    await site.crawl(await site.visit(), { method: 'POST' }),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([200, 404, 403, 405])
  for (const { headers } of answers) expect(headers['x-robots-tag']).toBe('noindex, nofollow, noarchive')
})

describe('privacy signals', () => {
  test.each<[signals: ('gpc' | 'dnt')[], headers: Record<string, string>, status: string]>([
    [[], { 'Sec-GPC': '1', DNT: '1' }, 'injected; snippets=1'],
    [['gpc'], { 'Sec-GPC': '1' }, 'skipped; reason=privacy'],
    [['gpc'], { DNT: '1' }, 'injected; snippets=1'],
    [['dnt'], { DNT: '1' }, 'skipped; reason=privacy'],
    [['dnt'], { 'Sec-GPC': '1' }, 'injected; snippets=1'],
    [['gpc', 'dnt'], { DNT: '1' }, 'skipped; reason=privacy'],
    [['gpc', 'dnt'], { DNT: '0', 'Sec-GPC': '0' }, 'injected; snippets=1'],
  ])('with %j a request with %j is %s', async (privacySignals, headers, status) => {
    const site = await startSite({ privacySignals })
    const page = await site.visit('/', { headers })
    expect(page.headers['facsimile-status']).toBe(status)
    expect(page.text === PAGE).toBe(status.startsWith('skipped'))
  })
})

describe('sampling on the server', () => {
  test('a first view is recorded when the draw falls under sampleRatio', async () => {
    for (const [draw, isRecorded] of [
      [0, true],
      [0.249, true],
      [0.25, false],
      [0.999, false],
    ] as const) {
      const site = await startSite({ sampleRatio: 0.25 }, undefined, { random: () => draw })
      const page = await site.visit()
      expect(page.headers['facsimile-status']).toBe(isRecorded ? 'injected; snippets=1' : 'skipped; reason=sampled-out')
      expect(SCRIPT.test(page.text)).toBe(isRecorded)
    }
  })

  test('a visitor whose cookie says that they are recorded goes on being recorded', async () => {
    const site = await startSite({ sampleRatio: 0 }, undefined, { random: () => 0 })
    expect((await site.visit()).text).toBe(PAGE)
    expect((await site.visit('/', { headers: { Cookie: 'WRUID=1700000000.42' } })).text).toMatch(SCRIPT)
    expect((await site.visit('/', { headers: { Cookie: 'WRUID=0' } })).text).toBe(PAGE)
  })

  test('with the default of 1 chance is not asked', async () => {
    const random = () => {
      throw new Error('asked')
    }
    const site = await startSite({}, undefined, { random })
    expect((await site.visit()).text).toMatch(SCRIPT)
  })
})

test('include and exclude choose the paths, and exclude has the last word', async () => {
  const site = await startSite({ include: ['/shop/**', '/help'], exclude: ['/shop/admin/**'] })
  const recorded: string[] = []
  for (const path of [
    '/',
    '/shop',
    '/shop/',
    '/shop/tea?x=1',
    '/help',
    '/helpers',
    '/shop/admin',
    '/SHOP/Admin/users',
  ]) {
    if (SCRIPT.test((await site.visit(path)).text)) recorded.push(path)
  }
  expect(recorded).toEqual(['/shop', '/shop/', '/shop/tea?x=1', '/help'])
})

test('storeAs "sent" keeps the page with its snippets, "produced" as the application made it', async () => {
  const sent = await startSite({ storeAs: 'sent' })
  const page = await sent.visit()
  expect((await sent.crawl(page)).body).toEqual(page.body)
  const produced = await startSite({ storeAs: 'produced' })
  expect((await produced.crawl(await produced.visit())).text).toBe(PAGE)
})

describe('switches', () => {
  const html = '<script>window.FetchFrom=%FetchUrl%;window.T="%CacheToken%"</script>'

  test('without a cache %FetchUrl% is null and %CacheToken% is empty, so that the service crawls by itself', async () => {
    const site = await startSite({ disableCache: true, snippets: [{ ...RECORDER, html }] })
    const page = await site.visit()
    expect(page.text).toContain('<script>window.FetchFrom=null;window.T=""</script></body>')
    expect((await site.crawl('A'.repeat(32))).status).toBe(404)
  })

  test('without the filter nothing is inserted, and the application places the token itself', async () => {
    const site = await startSite({ disableFilter: true }, (app, facsimile) => {
      app.get('/', (_req, res) => void res.send(PAGE.replace('Tea', facsimile.tokenFor(res) ?? 'none')))
    })
    const page = await site.visit()
    const token = /<p>([\w-]{32})<\/p>/.exec(page.text)?.[1]
    expect(page.text).not.toContain('<script>')
    expect((await site.crawl(token!)).body).toEqual(page.body)
  })

  test('with both switched off a page is left exactly as it is', async () => {
    const site = await startSite({ disableFilter: true, disableCache: true }, (app, facsimile) => {
      app.get('/', (_req, res) => void res.send(PAGE.replace('Tea', String(facsimile.tokenFor(res)))))
    })
    const page = await site.visit()
    expect(page.text).toBe(PAGE.replace('Tea', 'undefined'))
    expect(page.headers).toHaveProperty('etag')
  })

  test('tokenFor answers with the token that the snippets carry, and with none for a visitor who opted out', async () => {
    const site = await startSite({ snippets: [{ ...RECORDER, html }] }, (app, facsimile) => {
      app.get('/', (_req, res) => void res.send(PAGE.replace('Tea', String(facsimile.tokenFor(res)))))
    })
    const page = await site.visit()
    expect(page.text).toContain(`<p>${tokenIn(page)}</p>`)
    expect((await site.visit('/', { headers: { Cookie: 'WRUID=0' } })).text).toBe(PAGE.replace('Tea', 'undefined'))
  })
})

function scriptsIn(html: string): string[] {
  const scripts: string[] = []
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if (node.nodeName === 'script') {
      const [text] = node.childNodes
      scripts.push((text as DefaultTreeAdapterTypes.TextNode).value)
    }
    if ('childNodes' in node) node.childNodes.forEach(walk)
  }
  walk(parse(html))
  return scripts
}
