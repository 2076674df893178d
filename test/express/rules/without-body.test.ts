// Rule 15: answers without a body get none, and no length that is not true; parts of a page are left alone.
import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import express from 'express'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  createTestFacsimile,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  servePair,
} from '../../support/filtered-site.js'

const withoutDate = (wire: Buffer) => wire.toString('latin1').replace(/\r\nDate: [^\r]*/, '')

describe('rule 15: HEAD', () => {
  test.each([
    ['end()', (res) => res.end()],
    ['end(page)', (res) => res.end(PAGE)],
    ['a declared length', (res) => res.setHeader('Content-Length', PAGE.length).end()],
    ['writeHead()', (res) => res.writeHead(200, { 'Content-Length': PAGE.length }).end()],
    ['write()', (res) => res.write(PAGE) && res.end()],
  ] as [string, (res: ServerResponse) => unknown][])(
    'gets no body, and no length but that of GET (%s)',
    async (_name, answer) => {
      const { port } = await serveFiltered((_req, res) => {
        res.setHeader('Content-Type', 'text/html').setHeader('ETag', '"v1"')
        answer(res)
      })
      const connection = await openConnection(port)
      const response = await connection.ask({ method: 'HEAD' })
      expect(response.header('content-length') ?? PAGE_WITH_SNIPPETS.length).toBe(PAGE_WITH_SNIPPETS.length)
      expect(response.header('transfer-encoding')).toBeUndefined()
      // The connection goes on: nothing was sent that would be taken for the next answer.
      expect((await connection.ask({ method: 'HEAD' })).status).toBe(200)
      connection.destroy()
    },
  )

  test.each([true, false])('of a page gets the headers of GET (disableCache: %s)', async (disableCache) => {
    const app = express()
    app.use(createTestFacsimile({ disableCache }).middleware)
    app.get('/', (_req, res) => res.cookie('a', '1').send(PAGE))
    const { port } = await serve(app)
    const names = async (method: string) => {
      const { lines } = await fetchRaw(port, { method })
      return lines
        .filter(([name]) => !['Date', 'Content-Length'].includes(name))
        .map(([name, value]) => `${name}: ${value}`)
    }
    expect(await names('HEAD')).toEqual(await names('GET'))
  })

  test('stores nothing', async () => {
    const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
    const tokens: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        tokens.push(facsimile.tokenFor(res))
        res.setHeader('Content-Type', 'text/html').end(PAGE)
      },
      { facsimile },
    )
    await fetchRaw(port, { method: 'HEAD' })
    await facsimile.flush()
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(tokens[0])}` })).status).toBe(404)
  })
})

describe('rule 15: 1xx, 204, 205 and 304', () => {
  const answers: Record<string, RequestListener> = {
    204: (_req, res) => res.writeHead(204, { 'Content-Type': 'text/html' }).end(),
    '204 with a body that Node drops': (_req, res) => {
      res.statusCode = 204
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    },
    205: (_req, res) => res.writeHead(205, { 'Content-Type': 'text/html' }).end(),
    304: (_req, res) => res.writeHead(304, { 'Content-Type': 'text/html', ETag: '"v1"' }).end(),
    'an unknown page of 200 bytes at 304': (_req, res) => {
      res.statusCode = 304
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    },
  }

  test.each(Object.entries(answers))('leave byte for byte as from a bare server: %s', async (_name, handler) => {
    const { bare, filtered } = await servePair(handler)
    const expected = await fetchRaw(bare.port)
    const actual = await fetchRaw(filtered.port)
    expect(withoutDate(actual.wire)).toBe(withoutDate(expected.wire))
  })

  test('early hints go before the page and change nothing of it', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    expect((await connection.read()).status).toBe(103)
    expect((await connection.read()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })

  test('a client that waits for 100 Continue gets it', async () => {
    const { port } = await serveFiltered((req, res) => {
      req.resume()
      req.on('end', () => res.setHeader('Content-Type', 'text/html').end(PAGE))
    })
    const connection = await openConnection(port)
    connection.send(requestText({ method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '2' } }))
    expect((await connection.read()).status).toBe(100)
    connection.send('ok')
    expect((await connection.read()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })
})

describe('rule 15: parts of a page', () => {
  test.each([
    ['206', 206, {}],
    ['Content-Range', 200, { 'Content-Range': 'bytes 0-99/200' }],
  ])('are left alone: %s', async (_name, status, headers) => {
    const { bare, filtered } = await servePair((_req, res) => {
      res.writeHead(status, { 'Content-Type': 'text/html', 'Content-Length': PAGE.length, ETag: '"v1"', ...headers })
      res.end(PAGE)
    })
    const expected = await fetchRaw(bare.port)
    expect(withoutDate((await fetchRaw(filtered.port)).wire)).toBe(withoutDate(expected.wire))
  })
})
