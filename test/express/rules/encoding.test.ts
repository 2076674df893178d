// Rule 19: a middleware that compresses may be mounted further out or further in.
import { Readable } from 'node:stream'
import { brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { Middleware } from '@facsimile/express'
import compression from 'compression'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair, withSnippets } from '../../support/filtered-site.js'
import { inPieces, longPage } from '../support/coded-bodies.js'

const VIEWER = { allowedAddresses: ['127.0.0.1'] }
const compressing = compression({ threshold: 0 }) as unknown as Middleware
const LONG_PAGE = longPage(2_000_000)
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
    expect(response.header('vary')).toBe('Cookie, X-Requested-With, Sec-Fetch-Dest, Accept-Encoding')
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

/** At the pace of the client. */
const sendLong = (res: ServerResponse) => Readable.from(inPieces(Buffer.from(LONG_PAGE), 5000)).pipe(res)

describe.each(['Express 5', 'Express 4', 'Connect', 'node:http'] as const)(
  'rule 19: compression further in, on %s',
  (stack) => {
    const inside = [compressing]

    test.each([...bodies, ['long and streamed', sendLong]] as const)(
      'gets its snippets into the page (%s)',
      async (_name, send) => {
        const page = _name === 'long and streamed' ? LONG_PAGE : PAGE
        const { port } = await serveFiltered((_req, res) => send(res.setHeader('Content-Type', 'text/html')), {
          stack,
          inside,
          settings: VIEWER,
        })
        const connection = await openConnection(port)
        for (const [asked, decode] of [
          ['gzip', gunzipSync],
          ['br', brotliDecompressSync],
        ] as const) {
          const response = await connection.ask({ headers: { 'Accept-Encoding': asked } })
          expect(response.header('content-encoding')).toBe(asked)
          expect(response.header('facsimile-status')).toBe('injected; snippets=2')
          expect(response.header('content-length')).toBeUndefined()
          expect(decode(response.body).toString()).toBe(withSnippets(page))
        }
        connection.destroy()
      },
    )

    test('is not asked by a client that takes no compression', async () => {
      const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
        stack,
        inside,
      })
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    })

    test('leaves a short page as it is', async () => {
      const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
        stack,
        inside: [compression() as unknown as Middleware],
      })
      const response = await fetchRaw(port, { headers: GZIP })
      expect([response.header('content-encoding'), response.body.toString()]).toEqual([undefined, PAGE_WITH_SNIPPETS])
    })

    test('answers HEAD and 304 as before', async () => {
      const { port } = await serveFiltered(
        (req, res) => {
          res.setHeader('Content-Type', 'text/html')
          if (req.url === '/304') res.writeHead(304).end()
          else res.end(PAGE)
        },
        { stack, inside },
      )
      const head = await fetchRaw(port, { method: 'HEAD', headers: GZIP })
      expect([head.status, head.header('content-encoding'), head.body.length]).toEqual([200, undefined, 0])
      const unchanged = await fetchRaw(port, { path: '/304', headers: GZIP })
      expect([unchanged.status, unchanged.header('content-length')]).toEqual([304, undefined])
    })

    test('res.flush() makes what was written leave', async () => {
      let finish!: () => void
      const { port } = await serveFiltered(
        (_req, res) => {
          res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 70))
          ;(res as ServerResponse & { flush(): void }).flush()
          finish = () => res.end(PAGE.slice(70))
        },
        { stack, inside },
      )
      const connection = await openConnection(port)
      connection.send(requestText({ headers: GZIP }))
      await eventually('the start of the page is there', () => partOf(connection.unread).includes('<body>'))
      finish()
      expect(gunzipSync((await connection.read()).body).toString()).toBe(PAGE_WITH_SNIPPETS)
      connection.destroy()
    })
  },
)

describe('rule 19: what is said to be compressed', () => {
  test.each([
    ['a fragment', 'text/html', Buffer.from('<p>Tea</p>')],
    ['in another charset', 'application/xhtml+xml', Buffer.from(`\ufeff${PAGE}`, 'utf16le')],
  ])('and is %s passes untouched, headers and all, also in pieces', async (_what, type, bytes) => {
    const { bare, filtered } = await servePair(
      (_req, res) => {
        res.setHeader('Content-Type', type).setHeader('Content-Encoding', 'gzip').setHeader('ETag', '"v1"')
        res.write(gzipSync(bytes))
        res.end()
      },
      { settings: { xhtml: true } },
    )
    const expected = await fetchRaw(bare.port)
    const response = await fetchRaw(filtered.port)
    const withoutDate = (wire: Buffer) => wire.toString('latin1').replace(/\r\nDate: [^\r]*/, '')
    expect(withoutDate(response.wire)).toBe(withoutDate(expected.wire))
  })

  test.each(['compress', 'exi', 'gzip, aes128gcm', 'gzip, gzip, gzip, gzip, gzip', 'gzip br', '"gzip"'])(
    'as %j passes untouched',
    async (encoding) => {
      const body = gzipSync(PAGE)
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
      expect([response.framing, response.body]).toEqual(['length', body])
    },
  )

  test.each(['identity', 'Identity', '', ' , identity,'])('as %j is not', async (encoding) => {
    const headers = { 'Content-Type': 'text/html', 'Content-Encoding': encoding }
    const sends: ((res: ServerResponse) => unknown)[] = [
      (res) => res.writeHead(200, headers).end(PAGE),
      (res) => res.setHeaders(new Map(Object.entries(headers))).end(PAGE),
    ]
    for (const send of sends) {
      const { port } = await serveFiltered((_req, res) => send(res))
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
  })
})

/** What can be read so far of a compressed page of which the first chunk has come. */
function partOf(wire: Buffer): string {
  const head = wire.indexOf('\r\n\r\n') + 4
  const size = wire.indexOf('\r\n', head) + 2
  if (head < 4 || size < 2) return ''
  const length = parseInt(wire.subarray(head, size).toString(), 16)
  return gunzipSync(wire.subarray(size, size + length), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
}
