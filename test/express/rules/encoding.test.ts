// Rule 19: compression further out compresses the page with its snippets; what comes compressed passes untouched.
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { Middleware } from '@facsimile/express'
import compression from 'compression'
import { fetchRaw } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

const VIEWER = { allowedAddresses: ['127.0.0.1'] }
const compressing = compression({ threshold: 0 }) as unknown as Middleware
const GZIP = { 'Accept-Encoding': 'gzip' }

const bodies: readonly [string, (res: ServerResponse) => unknown][] = [
  ['given whole', (res) => res.end(PAGE)],
  ['with its length', (res) => res.setHeader('Content-Length', PAGE.length).end(PAGE)],
  ['streamed', (res) => res.write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
  ['after writeHead()', (res) => res.writeHead(200, { 'X-Some': '1' }).end(PAGE)],
]

describe('rule 19: compression further out', () => {
  test.each(bodies)('compresses the page with its snippets (%s)', async (_name, send) => {
    const { port } = await serveFiltered((_req, res) => send(res.setHeader('Content-Type', 'text/html')), {
      stack: 'Express 5',
      outside: [compressing],
    })
    const response = await fetchRaw(port, { headers: GZIP })
    expect(response.header('content-encoding')).toBe('gzip')
    expect(response.header('content-length')).toBeUndefined()
    expect(gunzipSync(response.body).toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(response.header('vary')).toBe('Cookie, Accept-Encoding')
  })

  test('answers HEAD and 304 as before', async () => {
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('Content-Type', 'text/html')
        if (req.url === '/304') res.writeHead(304).end()
        else res.end(PAGE)
      },
      { stack: 'Express 5', outside: [compressing] },
    )
    const head = await fetchRaw(port, { method: 'HEAD', headers: GZIP })
    expect([head.status, head.header('content-encoding')]).toEqual([200, undefined])
    const unchanged = await fetchRaw(port, { path: '/304', headers: GZIP })
    expect([unchanged.status, unchanged.header('content-length')]).toEqual([304, undefined])
  })

  test('is not asked by a client that takes no compression', async () => {
    const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
      stack: 'Express 5',
      outside: [compressing],
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})

describe('rule 19: what comes compressed', () => {
  test.each(bodies)('passes a compression that is mounted further in (%s)', async (_name, send) => {
    const { port } = await serveFiltered((_req, res) => send(res.setHeader('Content-Type', 'text/html')), {
      stack: 'Express 5',
      inside: [compressing],
      settings: VIEWER,
    })
    const response = await fetchRaw(port, { headers: GZIP })
    expect(response.header('facsimile-status')).toBe('skipped; reason=encoded')
    expect(gunzipSync(response.body).toString()).toBe(PAGE)
  })

  test.each([
    ['gzip', gzipSync(PAGE)],
    ['br', brotliCompressSync(PAGE)],
    ['deflate', deflateSync(PAGE)],
    ['zstd', Buffer.from('28b52ffd', 'hex')],
    ['gzip, br', brotliCompressSync(gzipSync(PAGE))],
  ])('passes when the handler compressed it itself: %s', async (encoding, body) => {
    const { port } = await serveFiltered(
      (_req, res) => {
        res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', encoding).setHeader('ETag', '"v1"')
        res.end(body)
      },
      { settings: VIEWER },
    )
    const response = await fetchRaw(port)
    expect(response.header('facsimile-status')).toBe('skipped; reason=encoded')
    expect([response.header('content-encoding'), response.header('etag')]).toEqual([encoding, '"v1"'])
    expect(response.body).toEqual(body)
  })

  test('a small page in Brotli, in which the tags can be read, is left alone', async () => {
    const tiny = '<!doctype html><body></body>'
    const body = brotliCompressSync(tiny)
    const { port } = await serveFiltered((_req, res) =>
      res.writeHead(200, { 'Content-Type': 'text/html', 'Content-Encoding': 'br' }).end(body),
    )
    expect(brotliDecompressSync((await fetchRaw(port)).body).toString()).toBe(tiny)
  })

  test.each(['identity', 'Identity', ''])('the encoding %j is none', async (encoding) => {
    const { port } = await serveFiltered((_req, res) =>
      res.writeHead(200, { 'Content-Type': 'text/html', 'Content-Encoding': encoding }).end(PAGE),
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})
