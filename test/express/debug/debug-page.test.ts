// The debug page is for allowed addresses alone, touches nothing that is not its own, and shows nothing as markup or secret.
import { randomBytes } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { WORDS } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'
import compression from 'compression'
import express from 'express'
import session from 'express-session'
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

const shapeOf = ({ status, headers, text }: Reply, path: string) => {
  const { date: _date, etag: _etag, 'content-length': _length, ...rest } = headers
  return { status, headers: rest, text: text.replace(path, '') }
}

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
      expect(answer.text).toBe(
        `Refused (not-listed): ${WORDS.refused['not-listed'].join(' ')} The log of the server names the address.\n`,
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
    expect((await site.debug()).text).toContain('Refused (allowlist-empty)')
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

describe('the round trip', () => {
  test('without a script is answered by a link and the text to compare', async () => {
    const site = await startDebugSite()
    const { text } = await site.debug('/round-trip', { method: 'POST', headers: SAME_ORIGIN })
    const [, link = '', shown = ''] =
      /href="(\/facsimile\?t=[\w-]{32})".*?<b>(Round trip \w{16})<\/b>/s.exec(text) ?? []
    expect((await ask(site.port, link)).text).toContain(shown)
    expect((await ask(site.port, link)).status).toBe(404)
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
