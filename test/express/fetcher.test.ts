// The fetcher, exactly as the design says it: the order of its checks, every status and every header.
import { webcrypto } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { METHODS, type IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CapturedPage } from '@facsimile/core'
import compression from 'compression'
import express from 'express'
import express4 from 'express4'
import session from 'express-session'
import { ask, askRaw, type Reply } from './support/http-client.js'
import { afterwards, createTestFacsimile, listen, PAGE, RECORDER, siteAt, startSite, tokenIn } from './support/site.js'
import { createGate, createSpyProvider, never } from './support/spy-provider.js'

const ALWAYS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow, noarchive',
}
const PLAIN = { ...ALWAYS, 'content-type': 'text/plain; charset=utf-8' }

/** What Express and Node add to every answer. */
const AROUND = ['connection', 'date', 'keep-alive', 'x-powered-by']

function headersOf({ headers }: Reply): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !AROUND.includes(name)))
}

describe('what the fetcher answers', () => {
  test('200 with the stored bytes, and headers that keep them from doing or meaning anything else', async () => {
    const site = await startSite({}, undefined, { now: () => Date.now() })
    const before = Math.floor(Date.now() / 1000)
    const page = await site.visit()
    const copy = await site.crawl(page)
    expect(copy.status).toBe(200)
    expect(copy.text).toBe(PAGE)
    const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', copy.body)).toString('base64')
    const captured = Number(/captured=@(\d+)/.exec(String(copy.headers['facsimile-page']))?.[1])
    expect(captured).toBeGreaterThanOrEqual(before)
    expect(captured).toBeLessThanOrEqual(before + 30)
    expect(headersOf(copy)).toEqual({
      ...ALWAYS,
      'content-length': String(PAGE.length),
      'content-security-policy':
        "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'facsimile-page': `status=200, method=GET, captured=@${captured}`,
      'repr-digest': `sha-256=:${digest}:`,
    })
  })

  test('403 to an address that is not on the list', async () => {
    const site = await startSite()
    const answer = await site.crawl(await site.visit(), { from: '127.0.0.2' })
    expect([answer.status, answer.text]).toEqual([403, 'This address may not fetch pages.\n'])
    expect(headersOf(answer)).toEqual({ ...PLAIN, 'content-length': '34' })
  })

  test('404 for a page that is not there', async () => {
    const site = await startSite()
    const answer = await site.crawl(createPageToken())
    expect([answer.status, answer.text]).toEqual([404, 'There is no such page, or no more.\n'])
    expect(headersOf(answer)).toEqual({ ...PLAIN, 'content-length': '35' })
  })

  test('405 with Allow to any method but GET and HEAD, and the page stays', async () => {
    const site = await startSite()
    const page = await site.visit()
    for (const method of METHODS.filter((name) => !['GET', 'HEAD', 'CONNECT'].includes(name))) {
      const answer = await site.crawl(page, { method })
      expect([method, answer.status, answer.text]).toEqual([method, 405, 'Only GET and HEAD are answered here.\n'])
      expect(headersOf(answer)).toEqual({ ...PLAIN, allow: 'GET, HEAD', 'content-length': '37' })
    }
    expect((await site.crawl(page)).status).toBe(200)
  })

  test('503 with Retry-After when the cache provider fails', async () => {
    const site = await startSite({
      cacheProvider: createSpyProvider({ pull: () => Promise.reject(new Error('disk on fire at /var/secret')) }),
    })
    const answer = await site.crawl(await site.visit())
    expect([answer.status, answer.text]).toEqual([503, 'The page cannot be looked up at this moment.\n'])
    expect(headersOf(answer)).toEqual({ ...PLAIN, 'content-length': '45', 'retry-after': '5' })
  })

  test('HEAD with the status and headers of GET and without a body, and it takes nothing', async () => {
    const failing = createSpyProvider({
      pull: () => Promise.reject(new Error('down')),
      peek: () => Promise.reject(new Error('down')),
    })
    for (const [settings, from] of [
      [{}, '127.0.0.1'],
      [{}, '127.0.0.2'],
      [{ cacheProvider: failing }, '127.0.0.1'],
    ] as const) {
      const site = await startSite(settings)
      const page = await site.visit()
      for (const source of [page, createPageToken(), 'malformed']) {
        const heads = [
          await site.crawl(source, { method: 'HEAD', from }),
          await site.crawl(source, { method: 'HEAD', from }),
        ]
        const got = await site.crawl(source, { from })
        for (const head of heads) {
          expect(head.body).toHaveLength(0)
          expect([head.status, headersOf(head)]).toEqual([got.status, headersOf(got)])
        }
      }
    }
  })
})

describe('the order of the checks', () => {
  const MALFORMED = [
    '/facsimile',
    '/facsimile?',
    '/facsimile?t',
    '/facsimile?t=',
    '/facsimile?T=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%00',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%0A',
    '/facsimile?t=%20AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=..%2F..%2F..%2Fetc%2Fpasswd',
    '/facsimile?t=CacheTest',
    '/facsimile?t[]=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=',
    '/facsimile?t=%C3%84AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    `/facsimile?t=${'A'.repeat(10_000)}`,
    '/facsimile?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA#x',
  ]

  test('a malformed, repeated or missing token is refused before the provider is asked', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider })
    for (const path of MALFORMED) expect([path, (await ask(site.port, path)).status]).toEqual([path, 404])
    expect(cacheProvider.calls).toEqual([])
  })

  test('an address that is not allowed is refused before method and token are looked at', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider, allowedAddresses: [] })
    const good = `/facsimile?t=${createPageToken()}`
    for (const path of [...MALFORMED, good]) expect((await ask(site.port, path)).status).toBe(403)
    for (const method of ['POST', 'DELETE', 'OPTIONS'])
      expect((await ask(site.port, good, { method })).status).toBe(403)
    expect(cacheProvider.calls).toEqual([])
  })

  test('the method is looked at before the token', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider })
    for (const path of MALFORMED) expect((await ask(site.port, path, { method: 'POST' })).status).toBe(405)
    expect(cacheProvider.calls).toEqual([])
  })

  test('a denied address leaves the page for the allowed one', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider })
    const page = await site.visit()
    await Promise.all(Array.from({ length: 5 }, () => site.crawl(page, { from: '127.0.0.3' })))
    expect(cacheProvider.calls).toEqual(['store'])
    expect((await site.crawl(page)).text).toBe(PAGE)
  })

  test('GET pulls and HEAD peeks; with deleteAfterPull: false GET peeks too', async () => {
    for (const [deleteAfterPull, calls] of [
      [true, ['peek', 'pull']],
      [false, ['peek', 'peek']],
    ] as const) {
      const cacheProvider = createSpyProvider()
      const site = await startSite({ cacheProvider, deleteAfterPull })
      await site.crawl(createPageToken(), { method: 'HEAD' })
      await site.crawl(createPageToken())
      expect(cacheProvider.calls).toEqual(calls)
    }
  })
})

test('malformed, absent, repeated, unknown, expired and taken tokens get the same 404, byte for byte', async () => {
  const site = await startSite({}, undefined, { now: () => Date.now() - 59_900 })
  const late = await startSite({}, undefined, { now: () => Date.now() - 60_000 })
  const taken = tokenIn(await site.visit())
  expect((await site.crawl(taken)).status).toBe(200)
  const expired = tokenIn(await late.visit())
  const get = (port: number, query: string, headers = '') =>
    askRaw(port, `GET /facsimile${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`)
  const answers = [
    await get(site.port, ''),
    await get(site.port, '?t='),
    await get(site.port, '?t=..%2f'),
    await get(site.port, `?t=${taken}`),
    await get(site.port, `?t=${taken}&t=${taken}`),
    await get(site.port, `?t=${createPageToken()}`),
    await get(late.port, `?t=${expired}`),
    await get(site.port, `?t=${taken}`, 'Cookie: WRUID=0\r\nAccept-Encoding: gzip\r\nOrigin: https://a.example\r\n'),
  ]
  expect(answers[0]).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
  expect(new Set(answers).size).toBe(1)
})

describe('a provider that cannot answer', () => {
  test.each<[behaviour: string, pull: () => Promise<CapturedPage | undefined>]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects with nothing that is an error', () => Promise.reject(Object.create(null) as Error)],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['answers null', () => Promise.resolve(null as unknown as undefined)],
    ['answers a string', () => Promise.resolve(PAGE as unknown as CapturedPage)],
    ['answers an empty object', () => Promise.resolve({} as CapturedPage)],
    [
      'answers text in place of bytes',
      () => Promise.resolve({ ...storedPage(), body: PAGE } as unknown as CapturedPage),
    ],
    ['answers a header that splits', () => Promise.resolve({ ...storedPage(), contentType: 'text/html\r\nX: 1' })],
    ['answers a method that is none', () => Promise.resolve({ ...storedPage(), method: 'GET, status=200' })],
  ])('that %s is answered with 503, and never with a miss', async (_behaviour, pull) => {
    const logged: string[] = []
    const site = await startSite({ cacheProvider: createSpyProvider({ pull }), logger: collectErrors(logged) })
    const answer = await site.crawl(await site.visit())
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    expect(answer.headers).not.toHaveProperty('content-security-policy')
    expect(logged).toEqual(['The fetcher could not look a page up.'])
  })

  test('one that never answers is given about a second, and its signal is aborted', async () => {
    const aborted = createGate<unknown>()
    const cacheProvider = createSpyProvider({
      pull: (_token, options) => {
        options?.signal?.addEventListener('abort', () => aborted.open(options.signal?.reason))
        return never()
      },
    })
    const site = await startSite({ cacheProvider })
    const page = await site.visit()
    const answer = await site.crawl(page)
    expect(answer.status).toBe(503)
    expect(await aborted.promise).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      message: 'spy did not answer within 1000 ms.',
    })
  })

  test('after five failures the breaker is open: 503 at once, without asking', async () => {
    const cacheProvider = createSpyProvider({ pull: () => Promise.reject(new Error('down')) })
    const errors: unknown[] = []
    const site = await startSite({ cacheProvider })
    const listener = (message: unknown) => errors.push((message as { error: { code?: string } }).error.code)
    subscribe('facsimile:unavailable', listener)
    for (let time = 0; time < 8; time++) expect((await site.crawl(createPageToken())).status).toBe(503)
    unsubscribe('facsimile:unavailable', listener)
    expect(cacheProvider.calls).toHaveLength(5)
    expect(errors.slice(5)).toEqual(['PROVIDER_PAUSED', 'PROVIDER_PAUSED', 'PROVIDER_PAUSED'])
    expect((await site.crawl('malformed')).status).toBe(404)
  })

  test('a provider that was closed is answered with 503', async () => {
    const site = await startSite({ cacheProvider: 'memory:' })
    const page = await site.visit()
    await site.facsimile.close()
    expect((await site.crawl(page)).status).toBe(503)
    expect((await site.visit()).text).toContain('window.FetchFrom=')
  })
})

describe('a page on its way', () => {
  test('is waited for while it is being stored, and given the moment it is there', async () => {
    const stored = createGate()
    const spy = createSpyProvider()
    const storing = createGate()
    const cacheProvider = {
      ...spy,
      store: async (...args: Parameters<typeof spy.store>) => {
        storing.open()
        await stored.promise
        await spy.store(...args)
      },
    }
    const site = await startSite({ cacheProvider })
    const page = await site.visit()
    const crawls = [site.crawl(page), site.crawl(page)]
    await storing.promise
    expect(spy.calls).toEqual([])
    stored.open()
    const statuses = (await Promise.all(crawls)).map((answer) => answer.status)
    expect(statuses.sort()).toEqual([200, 404])
  })

  test('is waited for while it is still being sent to the visitor', async () => {
    const rest = createGate()
    const site = await startSite({ snippets: [{ ...RECORDER, placement: 'head-start' }] }, (app) => {
      app.get('/', (_req, res) => {
        res.type('html').write(PAGE.slice(0, 60))
        void rest.promise.then(() => res.end(PAGE.slice(60)))
      })
    })
    const token = createGate<string>()
    const visitor = readWhileItComes(site.port, (text) => {
      const found = /t=([\w-]{32})/.exec(text)?.[1]
      if (found !== undefined) token.open(found)
    })
    const copy = site.crawl(await token.promise)
    rest.open()
    expect((await copy).text).toBe(PAGE)
    await visitor
  })

  test('gets 503 when it does not arrive within 2 s, and can still be fetched later', async () => {
    const rest = createGate()
    const cacheProvider = createSpyProvider()
    const logged: unknown[] = []
    const logger = { ...silent(), error: (fields: object) => logged.push((fields as { err: unknown }).err) }
    const site = await startSite({ cacheProvider, logger }, (app, facsimile) => {
      app.get('/', (_req, res) => {
        res.type('html').write(PAGE.replace('Tea', facsimile.tokenFor(res)!).slice(0, -14))
        void rest.promise.then(() => res.end('</body></html>'))
      })
    })
    const token = createGate<string>()
    const visitor = readWhileItComes(site.port, (text) => token.open(/<p>([\w-]{32})/.exec(text)![1]!))
    const early = await site.crawl(await token.promise)
    expect([early.status, early.headers['retry-after']]).toEqual([503, '5'])
    expect(logged).toEqual([expect.objectContaining({ code: 'PROVIDER_TIMEOUT' })])
    expect(cacheProvider.calls).toEqual([])
    rest.open()
    await visitor
    expect((await site.crawl(await token.promise)).status).toBe(200)
  })

  test('is not taken for a crawler that hung up while it waited', async () => {
    const stored = createGate()
    const spy = createSpyProvider()
    const cacheProvider = {
      ...spy,
      store: (...args: Parameters<typeof spy.store>) => stored.promise.then(() => spy.store(...args)),
    }
    const facsimile = createTestFacsimile({ cacheProvider })
    const arrived = createGate()
    const hungUp = createGate()
    const { port } = await listen((req, res) => {
      if (req.url?.startsWith('/facsimile') === true && req.headers['x-first'] !== undefined) {
        arrived.open()
        res.once('close', () => hungUp.open())
      }
      facsimile.middleware(req, res, () => {
        res.setHeader('Content-Type', 'text/html')
        res.end(PAGE)
      })
    })
    const site = siteAt(port, facsimile)
    const page = await site.visit()
    const abort = new AbortController()
    const first = site
      .crawl(page, { headers: { 'X-First': '1' }, signal: abort.signal })
      .catch((error: unknown) => error)
    await arrived.promise
    abort.abort()
    await Promise.all([first, hungUp.promise])
    stored.open()
    expect((await site.crawl(page)).text).toBe(PAGE)
  })

  test('that breaks off is not waited for: the crawler learns at once that it will not come', async () => {
    const token = createGate<string>()
    const gone = createGate()
    const site = await startSite({}, (app, facsimile) => {
      app.get('/', (_req, res) => {
        res.type('html').write(PAGE.slice(0, 60))
        token.open(facsimile.tokenFor(res)!)
        res.once('close', () => gone.open())
        res.destroy()
      })
    })
    await site.visit().catch((error: unknown) => error)
    await gone.promise
    expect((await site.crawl(await token.promise)).status).toBe(404)
  })

  test('whose visitor had left before it was written is not waited for', async () => {
    const token = createGate<string>()
    const abort = new AbortController()
    const closed = createGate()
    const site = await startSite({}, (app, facsimile) => {
      app.get('/', (_req, res) => {
        res.once('close', () => {
          res.type('html').end(PAGE)
          closed.open()
        })
        token.open(facsimile.tokenFor(res) ?? 'none')
      })
    })
    const visit = site.visit('/', { signal: abort.signal }).catch((error: unknown) => error)
    await token.promise
    abort.abort()
    await Promise.all([visit, closed.promise])
    expect((await site.crawl(await token.promise)).status).toBe(404)
  })
})

describe('requests of every shape', () => {
  test('Range, If-None-Match and other conditions change nothing', async () => {
    for (const headers of [
      { Range: 'bytes=0-9' },
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': new Date().toUTCString() },
      { 'If-Match': '"x"' },
      { 'If-Range': '"x"', Range: 'bytes=0-0' },
      { 'Accept-Encoding': 'gzip, br', Accept: 'image/png', Expect: '100-continue' },
    ]) {
      const site = await startSite()
      const copy = await site.crawl(await site.visit(), { headers })
      expect([copy.status, copy.text]).toEqual([200, PAGE])
    }
  })

  test('the absolute form of the request target is understood', async () => {
    const site = await startSite()
    const page = await site.visit()
    const copy = await ask(site.port, `http://shop.example:8080/facsimile?t=${tokenIn(page)}`)
    expect(copy.text).toBe(PAGE)
  })

  test('a percent-encoded token and other parameters beside it are understood', async () => {
    const site = await startSite()
    const token = tokenIn(await site.visit())
    const encoded = Array.from(token)
      .map((character) => `%${character.charCodeAt(0).toString(16)}`)
      .join('')
    expect((await ask(site.port, `/facsimile?a=1&%74=${encoded}&b`)).text).toBe(PAGE)
  })

  test('any other path belongs to the application', async () => {
    const site = await startSite({}, (app) => {
      app.use((req, res) => void res.type('text').send(req.url))
    })
    for (const path of [
      '/facsimile/',
      '/facsimile/x',
      '/facsimiles',
      '/Facsimile',
      '/%66acsimile',
      '//facsimile',
      '/x/facsimile',
    ]) {
      expect((await ask(site.port, `${path}?t=1`)).text).toBe(`${path}?t=1`)
    }
  })

  test('the absolute form is no way around a proxy that guards the path as it is spelt', async () => {
    const site = await startSite({}, (app) => {
      app.use((_req, res) => void res.type('text').send('the application'))
    })
    for (const path of [
      '/./facsimile',
      '/%2e/facsimile',
      '/x/../facsimile',
      '/\\..\\facsimile',
      '?/facsimile',
      '/facsimile#',
    ]) {
      expect([path, (await ask(site.port, `http://shop.example${path}?t=1`)).text]).toEqual([path, 'the application'])
    }
  })

  test("a path of one's own is answered wherever the middleware is mounted", async () => {
    for (const framework of [express, express4]) {
      const facsimile = createTestFacsimile({ fetchPath: '/a/b/copies' })
      const app = framework()
      app.use('/a', facsimile.middleware)
      app.get('/a/page', (_req, res) => void res.send(PAGE))
      const { port } = await listen(app)
      const page = await ask(port, '/a/page')
      expect((await ask(port, `/a/b/copies?t=${tokenIn(page)}`)).text).toBe(PAGE)
      expect((await ask(port, `/facsimile?t=${tokenIn(page)}`)).status).toBe(404)
    }
  })
})

describe('what stands around the fetcher', () => {
  test('no middleware further out adds a cookie, a validator, compression or a permission to read', async () => {
    const facsimile = createTestFacsimile()
    const app = express()
    app.use(session({ secret: 'for the test only', resave: true, saveUninitialized: true }))
    app.use((_req, res, next) => {
      res.cookie('visitor', '1')
      res.set({ ETag: '"x"', 'Last-Modified': 'x', Vary: 'Origin', 'Access-Control-Allow-Origin': '*', Link: '</a>' })
      next()
    })
    app.use(compression({ threshold: 0 }))
    app.use(facsimile.middleware)
    app.get('/', (_req, res) => void res.send(PAGE))
    const { port } = await listen(app)
    const site = siteAt(port, facsimile)
    const page = await site.visit('/', { headers: { 'Accept-Encoding': 'identity' } })
    expect(page.headers['set-cookie']).toHaveLength(2)
    for (const source of [page, 'malformed']) {
      const { headers } = await site.crawl(source, { headers: { 'Accept-Encoding': 'gzip' } })
      for (const name of ['set-cookie', 'etag', 'last-modified', 'vary', 'link', 'content-encoding']) {
        expect(headers).not.toHaveProperty(name)
      }
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  test('mounted inside of the response filter, it serves pages without snippets and stores nothing', async () => {
    const cacheProvider = createSpyProvider()
    const facsimile = createTestFacsimile({ cacheProvider })
    const app = express()
    app.use(facsimile.responseFilter)
    app.use(facsimile.fetcher)
    app.get('/', (_req, res) => void res.send(PAGE))
    const { port } = await listen(app)
    const site = siteAt(port, facsimile)
    const page = await site.visit()
    expect((await site.crawl(page)).text).toBe(PAGE)
    await facsimile.flush()
    expect(cacheProvider.calls).toEqual(['store', 'pull'])
  })

  test('the log shows four characters of a token and nothing of a page', async () => {
    const lines: string[] = []
    const write = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }))
    const site = await startSite({ logger: { debug: write, info: write, warn: write, error: write } })
    const page = await site.visit('/private?name=anna')
    await site.crawl(page)
    await site.crawl(page)
    await site.crawl(page, { from: '127.0.0.2' })
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain(`…${tokenIn(page).slice(-4)}`)
    for (const line of lines) expect(line).not.toMatch(new RegExp(`${tokenIn(page)}|anna|Tea`))
  })

  test('every outcome is published, without tokens and URLs', async () => {
    const seen: string[] = []
    const names = ['fetched', 'missed', 'denied', 'unavailable', 'stored'].map((name) => `facsimile:${name}`)
    const listeners = names.map((name) => {
      const listener = (message: unknown) =>
        seen.push(
          `${name} ${Object.keys(message as object).join()} ${(message as { reason?: string }).reason ?? ''}`.trim(),
        )
      subscribe(name, listener)
      return () => unsubscribe(name, listener)
    })
    afterwards(() => listeners.forEach((stop) => stop()))
    const site = await startSite()
    const page = await site.visit()
    await site.crawl(page)
    await site.crawl(page)
    await site.crawl('x')
    await site.crawl('x', { from: '127.0.0.2' })
    expect(seen).toEqual([
      'facsimile:stored bytes,provider,method,status,durationMs',
      'facsimile:fetched bytes,ageMs,method,path,durationMs',
      'facsimile:missed reason,method,path,durationMs taken',
      'facsimile:missed reason,method,path,durationMs malformed',
      'facsimile:denied reason,clientAddress,method,path,durationMs not-listed',
    ])
  })
})

test('Facsimile-Page is a structured dictionary with an integer, a token and a date', async () => {
  const site = await startSite(
    {},
    (app) => {
      app.all('/page', (_req, res) => void res.status(418).send(PAGE))
    },
    { now: () => 4_000_000_000_999 },
  )
  const page = await site.visit('/page', { method: 'PUT' })
  const { headers } = await site.crawl(page)
  expect(readDictionary(String(headers['facsimile-page']))).toEqual(
    new Map<string, unknown>([
      ['status', 418],
      ['method', { token: 'PUT' }],
      ['captured', { date: 4_000_000_000 }],
    ]),
  )
})

function storedPage(): CapturedPage {
  const capturedAt = Date.now()
  return {
    url: '/',
    method: 'GET',
    status: 200,
    contentType: 'text/html',
    capturedAt,
    expiresAt: capturedAt + 60_000,
    body: Buffer.from(PAGE),
  }
}

function silent() {
  const nothing = () => undefined
  return { debug: nothing, info: nothing, warn: nothing, error: nothing }
}

function collectErrors(messages: string[]) {
  return { ...silent(), error: (_fields: object, message: string) => void messages.push(message) }
}

/** Reads the answer to GET / piece by piece; resolves when it has ended. */
async function readWhileItComes(port: number, onText: (text: string) => void): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`)
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    onText(text)
  }
}

/** RFC 9651, 4.2.2, as far as integers, tokens and dates go; throws for anything else. */
function readDictionary(text: string): Map<string, unknown> {
  const members = new Map<string, unknown>()
  for (const member of text.split(/[ \t]*,[ \t]*/)) {
    const [, key, bare] = /^([a-z*][a-z0-9_.*-]*)=(.+)$/.exec(member) ?? []
    if (key === undefined || bare === undefined) throw new Error(`no member: ${member}`)
    if (/^-?\d{1,15}$/.test(bare)) members.set(key, Number(bare))
    else if (/^@-?\d{1,15}$/.test(bare)) members.set(key, { date: Number(bare.slice(1)) })
    else if (/^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/.test(bare)) members.set(key, { token: bare })
    else throw new Error(`no bare item: ${bare}`)
  }
  return members
}
