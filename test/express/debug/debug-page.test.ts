// The debug page is for allowed addresses alone, touches nothing that is not its own, and shows nothing as markup or secret.
import { randomBytes } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import { rename, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { WORDS, type CacheProvider } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'
import compression from 'compression'
import express from 'express'
import session from 'express-session'
import { createEventLog } from '../../../packages/express/src/debug/event-log.js'
import { createEventStreams } from '../../../packages/express/src/debug/event-streams.js'
import { eventually } from '../../support/eventually.js'
import { ask, type Reply } from '../support/http-client.js'
import { afterwards, createFolder, listen, PAGE, RECORDER, siteAt, startSite, tokenIn } from '../support/site.js'
import { createSpyProvider } from '../support/spy-provider.js'
import { DEBUG, debugSiteAt, startDebugSite } from './debug-site.js'

const GET_ROUTES = ['', '/status.json', '?json', '/style.css', '/script.js', '/events', '/live', '/clock']
const POST_ROUTES = ['/opt-out?value=0', '/round-trip']
const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' }
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** As long as events get. */
const EVENT = {
  name: 'facsimile:denied',
  data: { reason: 'not-listed', clientAddress: 'x'.repeat(10_000), method: 'GET', path: '/facsimile', durationMs: 1 },
} as const

const shapeOf = ({ status, headers, text }: Reply, path: string) => {
  const { date: _date, etag: _etag, 'content-length': _length, ...rest } = headers
  return { status, headers: rest, text: text.replace(path, '') }
}

/** What people read of a page. */
const textOf = ({ text }: Reply) => text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')

function collectingLogger() {
  const lines: { readonly fields: object; readonly message: string }[] = []
  const note = (fields: object, message: string) => void lines.push({ fields, message })
  return { lines, logger: { debug: note, info: note, warn: note, error: note } }
}

/** Opens a stream of server-sent events; `text` is what has come. */
async function openStream(port: number, headers: Readonly<Record<string, string>> = {}) {
  const stream = { status: 0, text: '', isOver: false }
  const req = request({ host: '127.0.0.1', port, path: `${DEBUG}/events`, agent: false, headers })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    req.once('response', resolve).once('error', reject).end()
  })
  req.on('error', () => undefined)
  stream.status = response.statusCode ?? 0
  response.on('data', (chunk: Buffer) => (stream.text += chunk.toString()))
  response.on('close', () => (stream.isOver = true)).on('error', () => undefined)
  afterwards(() => req.destroy())
  return Object.assign(stream, { close: () => req.destroy() })
}

describe('while allowDebug is off', () => {
  test.each([...GET_ROUTES, ...POST_ROUTES])('the path %j is as unknown as any other', async (route) => {
    const site = await startSite({}, () => undefined)
    const method = POST_ROUTES.includes(route) ? 'POST' : 'GET'
    const [path, other] = [`${DEBUG}${route}`, `/unknown/debug${route}`]
    const [answer, unknown] = [await ask(site.port, path, { method }), await ask(site.port, other, { method })]
    expect(shapeOf(answer, path.replace(/\?.*/, ''))).toEqual(shapeOf(unknown, other.replace(/\?.*/, '')))
    expect(answer.status).toBe(404)
  })
})

describe('the door', () => {
  test.each([...GET_ROUTES, ...POST_ROUTES])('of %j opens for allowed addresses alone', async (route) => {
    const { lines, logger } = collectingLogger()
    const site = await startDebugSite({ settings: { logger } })
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await site.debug(route, { from: '127.0.0.9', method, headers: SAME_ORIGIN })
      expect(answer.status).toBe(403)
      expect(textOf(answer)).toContain(
        `Refused (not-listed): ${WORDS.refused['not-listed'].join(' ').replaceAll('`', '')} The log of the server names`,
      )
    }
    expect(lines.filter(({ message }) => message.startsWith('The debug page refused'))).toHaveLength(3)
    expect(lines.at(-1)?.fields).toEqual({ clientAddress: '127.0.0.9', reason: 'not-listed' })
  })

  test('takes no other method, and leaves unknown paths below to the application', async () => {
    const site = await startDebugSite()
    expect((await site.debug('', { method: 'DELETE' })).status).toBe(405)
    expect((await site.debug('', { method: 'PUT' })).headers.allow).toBe('GET, HEAD')
    expect((await site.debug('/round-trip')).headers.allow).toBe('POST')
    for (const method of ['OPTIONS', 'TRACE', 'PATCH', 'QUERY']) {
      const answer = await site.debug('/status.json', { method })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
    expect((await site.debug('/nothing')).text).toContain('Cannot GET')
    expect((await site.debug('x')).status).toBe(404)
  })

  test('is safe on every way through it, whatever stands further out', async () => {
    const site = await startDebugSite({
      before: (app) =>
        app
          .use(compression({ threshold: 0 }))
          .use(session({ secret: 'tea', resave: false, saveUninitialized: true }))
          .use((_req, res, next) => {
            res.set({ 'Content-Security-Policy': 'script-src *', 'Cache-Control': 'public', ETag: '"1"' })
            next()
          }),
    })
    const headers = { 'Accept-Encoding': 'gzip', ...SAME_ORIGIN }
    for (const [method, routes] of [
      ['GET', GET_ROUTES.filter((route) => route !== '/events')],
      ['HEAD', GET_ROUTES],
      ['POST', POST_ROUTES],
    ] as const) {
      for (const route of routes) {
        const answer = await site.debug(route, { method, headers })
        expect(answer.headers).toMatchObject({
          'cache-control': 'no-store',
          'x-robots-tag': 'noindex, nofollow, noarchive',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'content-security-policy': POLICY,
        })
        expect(answer.headers).not.toHaveProperty('content-encoding')
        expect(answer.headers).not.toHaveProperty('etag')
        expect(String(answer.headers['set-cookie'] ?? '')).not.toContain('connect.sid')
        expect(answer.text).not.toContain('window.FetchFrom=&quot;/facsimile?t=A')
      }
    }
  })

  test.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://127.0.0.1' }],
    ['another host of the same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['an old browser on another site', { Origin: 'http://evil.example' }],
    ['a page that hides where it is', { Origin: 'null' }],
    ['nobody knows where', {}],
  ])('takes no action from %s', async (_from, headers) => {
    const site = await startDebugSite()
    for (const route of POST_ROUTES) {
      const answer = await site.debug(route, { method: 'POST', headers })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
    }
  })

  test('takes actions from an old browser on the page itself', async () => {
    const site = await startDebugSite()
    const headers = { Origin: `http://127.0.0.1:${site.port}` }
    expect((await site.debug('/opt-out?value=0', { method: 'POST', headers })).status).toBe(303)
  })

  test('warns once of being open in production', async () => {
    const environment = jest.replaceProperty(process, 'env', { ...process.env, NODE_ENV: 'production' })
    afterwards(() => environment.restore())
    const { lines, logger } = collectingLogger()
    const site = await startDebugSite({ settings: { logger } })
    await site.debug()
    expect(lines.filter(({ message }) => message.includes('in production'))).toHaveLength(1)
    const quiet = collectingLogger()
    await startSite({ logger: quiet.logger })
    expect(quiet.lines).toEqual([])
  })

  test('that nobody can enter is told of in the log', async () => {
    const { lines, logger } = collectingLogger()
    const site = await startDebugSite({ settings: { logger, allowedAddresses: [] } })
    expect(lines.map(({ message }) => message).join()).toContain('The debug page is on, and nobody may see it.')
    expect(textOf(await site.debug())).toContain('Refused (allowlist-empty)')
  })
})

describe('the opt-out buttons', () => {
  test.each(['0', '1'])('set the cookie to %s and lead back', async (value) => {
    const site = await startDebugSite()
    const answer = await site.debug(`/opt-out?value=${value}`, { method: 'POST', headers: SAME_ORIGIN })
    expect([answer.status, answer.headers.location]).toEqual([303, `${DEBUG}#you`])
    expect(answer.headers['set-cookie']).toEqual([`WRUID=${value}; Path=/; Max-Age=86400; SameSite=Lax`])
  })

  test('set no value of somebody else, and nothing where there is no such cookie', async () => {
    const site = await startDebugSite()
    for (const value of ['2', '0;Domain=x.example', '0%0d%0aX:%20y', '']) {
      const answer = await site.debug(`/opt-out?value=${value}`, { method: 'POST', headers: SAME_ORIGIN })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined])
    }
    const other = await startDebugSite({ settings: { optOutCookie: false } })
    expect((await other.debug('/opt-out?value=0', { method: 'POST', headers: SAME_ORIGIN })).status).toBe(404)
    expect((await other.debug()).text).not.toContain('/opt-out')
  })
})

describe('what is shown', () => {
  test('is text, wherever it comes from', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    const site = await startDebugSite({
      settings: { snippets: [{ ...RECORDER, name: evil, html: `${RECORDER.html}<!--${evil}-->` }] },
      routes: (app) => app.get(/.*/, (_req, res) => void res.set('Vary', evil).send(PAGE)),
    })
    await site.visit()
    const headers = { 'X-Forwarded-For': evil, Cookie: `WRUID=${evil.replaceAll(';', '')}` }
    for (const path of [`?path=${encodeURIComponent(`/${evil}`)}`, `?path=${encodeURIComponent(evil)}`]) {
      const { text } = await site.debug(path, { headers })
      expect(text).not.toContain('<script>')
      expect(text).not.toContain('<img')
      expect(text).toContain('&quot;&gt;&lt;script&gt;')
    }
  })

  test('of an event is without the password in the name of a provider', async () => {
    const provider = createSpyProvider()
    const site = await startDebugSite({
      settings: { cacheProvider: { ...provider, name: 'redis://user:marker-pass@cache.example' } },
    })
    await site.visit()
    await eventually('it is stored', async () => (await site.report()).events.counts['stored'] === 1)
    const { events } = await site.report()
    expect(JSON.stringify(events)).toContain('redis://user:***@cache.example')
    expect(JSON.stringify(events)).not.toContain('marker-pass')
  })

  test('hides and turns around nothing', async () => {
    const site = await startDebugSite({
      settings: { snippets: [{ ...RECORDER, name: 'a\u202Etxt.exe\u0007\u200B' }] },
    })
    const { text } = await site.debug(`?path=${encodeURIComponent('no path \u2066\u0000')}`)
    expect(text).toContain('a\\u202etxt.exe\\u0007\\u200b')
    expect(text).toContain('no path \\u2066\\u0000')
    for (const hidden of ['\u202E', '\u2066', '\u200B', '\u0007', '\0']) expect(text).not.toContain(hidden)
  })

  test('of a long path is how it begins and ends', async () => {
    const site = await startDebugSite({ settings: { exclude: ['/**'] } })
    const path = `/${'long'.repeat(300)}?q=${'v'.repeat(500)}end`
    const { verdicts } = await site.report(path)
    expect(Math.max(...verdicts.flatMap(({ details }) => details.map(({ length }) => length)))).toBeLessThan(200)
    expect(verdicts.flatMap(({ details }) => details).join()).toMatch(/\/longlong.*…v+end answered 404/)
  })

  test('has no secret of a settings file: not on the page, not in its JSON, not in the log', async () => {
    const secrets = Array.from({ length: 4 }, () => `s3cr3t${randomBytes(6).toString('hex')}`)
    const [password = '', token = '', parameter = '', broken = ''] = secrets
    const key = randomBytes(32).toString('base64')
    const file = join(await createFolder(), 'facsimile.config.json')
    const settings = {
      snippets: [RECORDER],
      allowedAddresses: ['127.0.0.1'],
      allowDebug: true,
      cacheProvider: `redis://user:${password}@127.0.0.1:1/0`,
      encryptionKeys: [key],
      fetchUrl: `http://127.0.0.1:1/facsimile?access_token=${token}&t=%CacheToken%`,
    }
    await writeFile(file, JSON.stringify(settings))
    const { lines, logger } = collectingLogger()
    const facsimile = createFacsimile({ settingsFile: file, logger })
    afterwards(() => facsimile.close(100))
    const app = express().use(facsimile.middleware)
    app.get('/', (_req, res) => void res.send(PAGE))
    const site = debugSiteAt(siteAt((await listen(app)).port, facsimile))
    await site.visit()
    const broker = `mysql://u:${broken}@127.0.0.1/${'x'.repeat(99)}/y?password=${parameter}`
    await writeFile(`${file}.new`, JSON.stringify({ ...settings, cacheProvider: broker }))
    await rename(`${file}.new`, file)
    await facsimile.reload().catch(() => undefined)
    await eventually('the page is lost', async () => (await site.report()).events.counts['lost'] === 1)
    const trip = await site.debug('/round-trip', { method: 'POST', headers: SAME_ORIGIN })
    const shown = [(await site.debug('?path=/')).text, (await site.debug('?json')).text, trip.text]
    expect(shown[1]).toContain('"settings-not-reloaded"')
    expect(shown[1]).toContain('redis://user:***@127.0.0.1')
    const all = [
      ...shown,
      ...lines.map((line) => JSON.stringify(line) + String(Reflect.get(line.fields, 'err'))),
    ].join()
    for (const secret of [...secrets, key]) expect(all).not.toContain(secret)
  })

  test('asks the own server once in ten seconds, however often it is loaded', async () => {
    let [robots, pages] = [0, 0]
    const provider = createSpyProvider()
    const site = await startDebugSite({
      settings: { cacheProvider: provider },
      robots: '',
      routes: (app) =>
        app
          .get('/robots.txt', (_req, res) => void res.status(404).send(String((robots += 1))))
          .get('/', (_req, res) => void res.send(PAGE + String((pages += 1)))),
    })
    await Promise.all(Array.from({ length: 10 }, () => site.debug()))
    expect([robots, pages, provider.calls.filter((name) => name === 'check')]).toEqual([1, 1, ['check']])
  })

  test('counts nothing that the page itself asked for', async () => {
    const { lines, logger } = collectingLogger()
    const site = await startDebugSite({ settings: { logger } })
    await site.debug('?path=/account')
    const trip = await site.debug('/round-trip', {
      method: 'POST',
      headers: { ...SAME_ORIGIN, Accept: 'application/json' },
    })
    const { path, text } = JSON.parse(trip.text) as { path: string; text: string }
    expect((await ask(site.port, path)).text).toContain(text)
    expect((await ask(site.port, path)).status).toBe(404)
    expect((await ask(site.port, path, { from: '127.0.0.9' })).status).toBe(403)
    const { events } = await site.report()
    expect([events.counts, events.latest, lines]).toEqual([{}, [], []])
  })
})

describe('an explanation', () => {
  test('is asked for by the viewer, and not by another site in the same browser', async () => {
    const asked: string[] = []
    const site = await startDebugSite({
      routes: (app) =>
        app.get(/.*/, (req, res) => {
          asked.push(req.url)
          res.set('Cache-Control', 'no-store').send(PAGE)
        }),
    })
    for (const from of ['cross-site', 'same-site']) {
      const { text } = await site.debug('?path=/leave', { headers: { 'Sec-Fetch-Site': from } })
      expect(text).toContain('Another site has led you here.')
      expect(text).toContain('value="/leave"')
    }
    expect(asked).not.toContain('/leave')
    await site.debug('?path=/leave', { headers: { 'Sec-Fetch-Site': 'same-origin' } })
    expect(asked).toContain('/leave')
  })

  test.each([
    [`${DEBUG}?path=${DEBUG}?path=/`, 'That is the debug page'],
    [`${DEBUG}/events`, 'That is the debug page'],
    [`http://shop.example${DEBUG}`, 'That is the debug page'],
    [`/x/..${DEBUG}/round-trip`, 'That is the debug page'],
    [`/facsimile?t=${'x'.repeat(32)}`, 'That is the fetcher'],
  ])('of %j is refused: it is no page', async (path, sentence) => {
    let own = 0
    const site = await startDebugSite({
      before: (app) =>
        app.use((req, _res, next) => {
          own += req.url.startsWith(DEBUG) ? 1 : 0
          next()
        }),
    })
    const { text } = await site.debug(`?path=${encodeURIComponent(path)}`)
    expect([text.includes(sentence), own]).toEqual([true, 1])
    expect(text).not.toContain('filter-not-reached')
  })

  test('is one of four at most at once, the front page among them', async () => {
    const waiting: (() => void)[] = []
    const site = await startDebugSite({
      routes: (app) => {
        app.get('/slow', (_req, res) => void waiting.push(() => res.set('Cache-Control', 'no-store').send(PAGE)))
        app.get('/', (_req, res) => void res.set('Cache-Control', 'no-store').send(PAGE))
      },
    })
    await site.report()
    const asked = Array.from({ length: 4 }, () => site.report('/slow'))
    await eventually('four wait', () => waiting.length === 4)
    expect((await site.debug('?path=/slow')).text).toContain('ask again in a few seconds')
    const other = await site.report(undefined, { headers: { Cookie: 'other=viewer' } })
    expect(other.verdicts.map(({ meaning }) => meaning).join()).toContain('The front page was not asked for')
    waiting.forEach((answer) => answer())
    await Promise.all(asked)
    const again = site.report('/slow')
    await eventually('there is room again', () => waiting.length === 5)
    waiting[4]?.()
    await again
  })

  test('shows no cookie that the page sets', async () => {
    const site = await startDebugSite({
      routes: (app) => app.get(/.*/, (_req, res) => void res.cookie('session', 'marker-session').send(PAGE)),
    })
    const shown = [
      await site.debug('?json&path=/'),
      await site.debug('?path=/'),
      await site.debug('/status.json?path=/'),
    ]
    expect(shown.map(({ text }) => text).join()).not.toContain('marker-session')
    expect(shown[0]?.text).toContain('"content-type"')
  })
})

describe('the round trip', () => {
  test('without a script is answered by a link and the text to compare', async () => {
    const site = await startDebugSite()
    const { text } = await site.debug('/round-trip', { method: 'POST', headers: SAME_ORIGIN })
    const [, link = '', shown = ''] =
      /href="(\/facsimile\?t=[\w-]{32})".*?<b>(Round trip \w{16})<\/b>/s.exec(text) ?? []
    expect((await ask(site.port, link)).text).toContain(shown)
    expect((await ask(site.port, link)).status).toBe(404)
  })

  test('leaves a page that nobody fetches for a minute at most, however long pages live', async () => {
    const lives: number[] = []
    const store: CacheProvider['store'] = (_token, { capturedAt, expiresAt }) => {
      lives.push(expiresAt - capturedAt)
      return Promise.resolve()
    }
    for (const maxCachedSeconds of [3600, 5]) {
      const site = await startDebugSite({ settings: { cacheProvider: createSpyProvider({ store }), maxCachedSeconds } })
      await site.debug('/round-trip', { method: 'POST', headers: SAME_ORIGIN })
    }
    expect(lives).toEqual([60_000, 5_000])
  })

  test('says what the store fails for', async () => {
    const store = () => Promise.reject(new Error('no'))
    const site = await startDebugSite({ settings: { cacheProvider: createSpyProvider({ store }) } })
    const { text } = await site.debug('/round-trip', { method: 'POST', headers: SAME_ORIGIN })
    expect(text).toContain(`failed: ${WORDS['not stored'].failed[0]}`)
  })
})

describe('live events', () => {
  test('come as they happen, and from the last one on after a break', async () => {
    const site = await startDebugSite()
    const stream = await openStream(site.port)
    const page = await site.visit()
    await site.crawl(page)
    await site.crawl(page)
    await eventually('they come', () => stream.text.includes('"word":"taken"'))
    const ids = Array.from(stream.text.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id))
    const what = Array.from(stream.text.matchAll(/"what":"([^"]+)"/g), ([, word]) => word)
    expect([ids, what]).toEqual([
      [1, 2, 3],
      ['Stored', 'Fetched', 'Missed'],
    ])
    expect(stream.text).not.toContain(tokenIn(page))
    const again = await openStream(site.port, { 'Last-Event-ID': '2' })
    await eventually('the third comes again', () => again.text.includes('id: 3\n'))
    expect(again.text).not.toContain('id: 2\n')
    const forged = await openStream(site.port, { 'Last-Event-ID': '-1 OR 1' })
    expect(forged.status).toBe(200)
  })

  test('are told to eight pages at most, until one is closed', async () => {
    const site = await startDebugSite()
    const streams = await Promise.all(Array.from({ length: 8 }, () => openStream(site.port)))
    expect((await openStream(site.port)).status).toBe(503)
    streams[0]?.close()
    await eventually('there is room again', async () => (await openStream(site.port)).status === 200)
  })

  test('take no place for a page that was closed before they began', async () => {
    let begun = 0
    const addresses = new Set<unknown>()
    const site = await startDebugSite({
      before: (app) =>
        app.use(`${DEBUG}/events`, (req, res, next) => {
          // As loggers do; Node remembers it then.
          addresses.add(req.socket.remoteAddress)
          if (req.query['slow'] === undefined) next()
          else
            res.once('close', () => {
              next()
              begun += 1
            })
        }),
    })
    for (let opened = 0; opened < 8; opened += 1) {
      const req = request({ host: '127.0.0.1', port: site.port, path: `${DEBUG}/events?slow`, agent: false })
      req.on('error', () => undefined).end()
      req.once('socket', (socket) => socket.once('connect', () => setImmediate(() => req.destroy())))
    }
    await eventually('all are gone', () => begun === 8)
    expect((await openStream(site.port)).status).toBe(200)
  })

  test('come to a page of before a restart too', async () => {
    const site = await startDebugSite()
    const stream = await openStream(site.port, { 'Last-Event-ID': '5000' })
    await site.visit()
    await eventually('it is told', () => stream.text.includes('id: 1\n'))
  })

  test('are cut off for a page that does not read', async () => {
    const log = createEventLog(Date.now)
    const streams = createEventStreams(log)
    let longest = 0
    const closed = { is: false }
    const { port } = await listen((req, res) => {
      res.once('close', () => (closed.is = true))
      streams.open(req, res)
      const interval = setInterval(() => {
        for (let told = 0; told < 100; told += 1) log.note(EVENT)
        longest = Math.max(longest, res.writableLength)
      }, 2)
      afterwards(() => clearInterval(interval))
    })
    const socket = connect(port, '127.0.0.1', () => socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    afterwards(() => socket.destroy())
    await eventually('it is cut off', () => closed.is, 20_000)
    expect(longest).toBeLessThan(64 * 1024 + 100 * 11_000)
  })

  test('end when Facsimile is closed', async () => {
    const site = await startDebugSite()
    const stream = await openStream(site.port)
    await site.facsimile.close()
    await eventually('the stream ends', () => stream.isOver)
  })

  test('are a hundred at most, and the same word in a row is one', async () => {
    const site = await startDebugSite({ settings: { exclude: ['/robots.txt'] } })
    for (let visits = 0; visits < 5; visits += 1) await site.visit('/missing.css', { headers: { Accept: 'text/css' } })
    const page = await site.visit()
    for (let asked = 0; asked < 120; asked += 1) await site.crawl('x'.repeat(32))
    await site.crawl(page)
    const { events } = await site.report()
    expect(events.latest).toHaveLength(100)
    expect(events.latest[0]).toMatchObject({ what: 'Fetched' })
    expect(events.counts).toMatchObject({ missed: 120, 'missed/unknown': 120, stored: events.counts['stored'] })
  })
})
