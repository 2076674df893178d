// The rules for each way in which Express answers, in versions 5 and 4: files, downloads, errors, JSON, redirects, HEAD.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express, { type ErrorRequestHandler, type Express } from 'express'
import express4 from 'express4'
import { fetchRaw, type RawRequest, type RawResponse } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  createTestFacsimile,
  HEAD_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
} from '../../support/filtered-site.js'

const LONG_PAGE = PAGE.replace('Tea', 'Tea '.repeat(50_000))
const BROWSER = { Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }

const folder = mkdtempSync(join(tmpdir(), 'facsimile-answers-'))
beforeAll(() => {
  writeFileSync(join(folder, 'page.html'), PAGE)
  writeFileSync(join(folder, 'long.html'), LONG_PAGE)
  writeFileSync(join(folder, 'empty.html'), '')
  writeFileSync(join(folder, 'data.bin'), Buffer.from(PAGE))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function addRoutes(app: Express): Express {
  const root = { root: folder }
  app.get('/send', (_req, res) => res.send(PAGE))
  app.get('/send-bytes', (_req, res) => res.type('html').send(Buffer.from(PAGE)))
  app.get('/status', (_req, res) => res.status(404).send(PAGE))
  app.get('/file', (_req, res) => res.sendFile('page.html', root))
  app.get('/long-file', (_req, res) => res.sendFile('long.html', root))
  app.get('/empty-file', (_req, res) => res.sendFile('empty.html', root))
  app.get('/other-file', (_req, res) => res.sendFile('data.bin', root))
  app.get('/missing-file', (_req, res) => res.sendFile('missing.html', root))
  app.get('/download', (_req, res) => res.download('page.html', 'shop.html', root))
  app.get('/attachment', (_req, res) => res.attachment('shop.html').send(PAGE))
  app.get('/json', (_req, res) => res.json({ html: PAGE }))
  app.get('/jsonp', (_req, res) => res.jsonp({ html: PAGE }))
  app.get('/text', (_req, res) => res.type('text').send(PAGE))
  app.get('/redirect', (_req, res) => res.redirect(302, '/send'))
  app.get('/send-status', (_req, res) => res.sendStatus(403))
  app.get('/end', (_req, res) => res.status(204).end())
  app.get('/format', (_req, res) =>
    res.format({ 'text/html': () => res.send(PAGE), 'application/json': () => res.json({ html: PAGE }) }),
  )
  app.get('/stream', (_req, res) => res.type('html').write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50)))
  app.get('/throws', () => {
    throw Object.assign(new Error('no tea'), { stack: 'no tea' })
  })
  app.get('/throws-json', () => {
    throw Object.assign(new Error('no tea'), { wants: 'json' })
  })
  app.get('/throws-page', () => {
    throw Object.assign(new Error('no tea'), { wants: 'page' })
  })
  app.use('/static', express.static(folder))
  const onError: ErrorRequestHandler = (error: Error & { wants?: string }, _req, res, next) => {
    if (error.wants === 'json') res.status(503).json({ error: `${error.message}</body>` })
    else if (error.wants === 'page') res.status(503).send(PAGE)
    else next(error)
  }
  return app.use(onError)
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_name, createApp) => {
  let bare: Express
  let filtered: Express
  beforeAll(() => {
    // An error page without a stack trace, and nothing on the console.
    bare = addRoutes(createApp().set('env', 'test'))
    const site = createApp().set('env', 'test')
    site.use((req, res, next) => facsimile.middleware(req, res, next))
    filtered = addRoutes(site)
  })
  let facsimile: ReturnType<typeof createTestFacsimile>

  async function ask(path: string, request: RawRequest = {}) {
    facsimile = createTestFacsimile()
    const { port: barePort } = await serve(bare)
    const { port } = await serve(filtered)
    return {
      expected: await fetchRaw(barePort, { path, ...request }),
      actual: await fetchRaw(port, { path, ...request }),
    }
  }

  const withSnippets = (body: Buffer) =>
    body.toString().replace('</head>', `${HEAD_SNIPPET}</head>`).replace('</body>', `${BODY_SNIPPET}</body>`)

  test.each([
    '/send',
    '/send-bytes',
    '/status',
    '/file',
    '/long-file',
    '/format',
    '/stream',
    '/static/page.html',
    '/static/long.html',
    '/throws-page',
  ])('rule 1: gives %s its snippets, with its status and a framing that is as it was', async (path) => {
    const { expected, actual } = await ask(path, { headers: BROWSER })
    expect([actual.status, actual.framing]).toEqual([expected.status, expected.framing])
    expect(actual.body.toString()).toBe(withSnippets(expected.body))
    expect(expected.body.toString()).not.toContain(BODY_SNIPPET)
  })

  // Express gives them a policy of their own, which decides whether scripts may be inserted.
  test.each(['/throws', '/missing-file', '/nowhere', '/static'])(
    "rule 24: leaves Express's own page for %s whole, with each snippet once at most",
    async (path) => {
      const { expected, actual } = await ask(path, { headers: BROWSER })
      expect([actual.status, actual.framing]).toEqual([expected.status, 'length'])
      expect(expected.status).toBeGreaterThanOrEqual(301)
      const body = actual.body.toString().replace(BODY_SNIPPET, '').replace(HEAD_SNIPPET, '')
      expect(body).toBe(expected.body.toString())
      expect(body).toMatch(/^<!DOCTYPE html>/)
    },
  )

  const unchanged = ({ lines, status, body }: RawResponse) => ({
    status,
    lines: lines.filter(([name]) => name !== 'Date'),
    body: body.toString(),
  })

  test.each([
    '/other-file',
    '/empty-file',
    '/download',
    '/attachment',
    '/json',
    '/jsonp?callback=show',
    '/text',
    '/redirect',
    '/send-status',
    '/end',
    '/throws-json',
    '/static/data.bin',
  ])('rule 17: leaves %s exactly as it was', async (path) => {
    const { expected, actual } = await ask(path)
    expect(unchanged(actual)).toEqual(unchanged(expected))
  })

  test('rule 17: leaves the JSON of a negotiated answer as it was, and says that others may get a page', async () => {
    const { expected, actual } = await ask('/format', { headers: { Accept: 'application/json' } })
    expect(unchanged(actual)).toEqual(unchanged(expected))
    expect(actual.header('vary')).toBe('Accept')
  })

  test.each([
    '/send',
    '/file',
    '/long-file',
    '/download',
    '/json',
    '/redirect',
    '/end',
    '/stream',
    '/throws',
    '/static/page.html',
  ])('rule 15: answers HEAD for %s without a body, and with no length but that of GET', async (path) => {
    const { expected, actual } = await ask(path, { method: 'HEAD', headers: BROWSER })
    const { actual: got } = await ask(path, { headers: BROWSER })
    expect([actual.status, actual.body.length]).toEqual([expected.status, 0])
    expect(actual.header('content-length') ?? got.header('content-length')).toBe(got.header('content-length'))
    const named = ({ lines }: RawResponse) =>
      lines
        .map(([name]) => name.toLowerCase())
        .filter((name) => !['content-length', 'transfer-encoding'].includes(name))
    expect(named(actual)).toEqual(named(got))
  })

  test('rule 14: a range of a file is left to those who do not ask for a page by name', async () => {
    for (const path of ['/file', '/static/page.html']) {
      const part = await ask(path, { headers: { Range: 'bytes=5-20' } })
      expect(unchanged(part.actual)).toEqual(unchanged(part.expected))
      expect(part.actual.status).toBe(206)
      const { actual } = await ask(path, { headers: { ...BROWSER, Range: 'bytes=5-20' } })
      expect([actual.status, actual.body.toString(), actual.header('accept-ranges')]).toEqual([
        200,
        PAGE_WITH_SNIPPETS,
        undefined,
      ])
    }
  })

  test('rule 13: a file keeps being revalidated by the tag that its page was given', async () => {
    facsimile = createTestFacsimile()
    const { port } = await serve(filtered)
    for (const path of ['/file', '/static/page.html', '/send']) {
      const tag = (await fetchRaw(port, { path, headers: BROWSER })).header('etag') ?? ''
      expect(tag).toMatch(/^W\/".+"$/)
      const again = await fetchRaw(port, { path, headers: { ...BROWSER, 'If-None-Match': tag } })
      expect([again.status, again.header('etag'), again.body.length]).toEqual([304, tag, 0])
    }
  })
})
