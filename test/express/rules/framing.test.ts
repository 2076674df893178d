// Rule 12: the length of an answer is right or absent, and never stale.
import { describe, expect, test } from '@jest/globals'
import type { RequestListener } from 'node:http'
import express from 'express'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  servePair,
  SNIPPETS,
  createTestFacsimile,
} from '../../support/filtered-site.js'

const oneShot: RequestListener = (_req, res) => {
  res.setHeader('Content-Type', 'text/html')
  res.end(PAGE)
}

const streamed: RequestListener = (_req, res) => {
  res.setHeader('Content-Type', 'text/html')
  res.write(PAGE.slice(0, 40))
  res.end(PAGE.slice(40))
}

const sizedStream: RequestListener = (_req, res) => {
  res.setHeader('Content-Length', Buffer.byteLength(PAGE))
  streamed(_req, res)
}

describe('rule 12: a page that is given whole', () => {
  test.each([
    ['as a string', (): unknown => PAGE],
    ['as a Buffer', (): unknown => Buffer.from(PAGE)],
    ['as a Uint8Array', (): unknown => new TextEncoder().encode(PAGE)],
  ])('has the new length (%s)', async (_name, body) => {
    const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(body()))
    const response = await fetchRaw(port)
    expect(response.framing).toBe('length')
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['setHeader', (res) => res.setHeader('Content-Length', PAGE.length).end(PAGE)],
    ['setHeader in lower case', (res) => res.setHeader('content-length', String(PAGE.length)).end(PAGE)],
    ['an object in writeHead', (res) => res.writeHead(200, { 'Content-Length': PAGE.length }).end(PAGE)],
    ['an object in writeHead in lower case', (res) => res.writeHead(200, { 'content-length': PAGE.length }).end(PAGE)],
    ['a flat list in writeHead', (res) => res.writeHead(200, ['CONTENT-LENGTH', `${PAGE.length}`]).end(PAGE)],
    [
      'a nested list in writeHead',
      (res) => res.writeHead(200, [['Content-Length', PAGE.length]] as unknown as string[]).end(PAGE),
    ],
  ] as [string, (res: Parameters<RequestListener>[1]) => unknown][])(
    'is never framed by the length that %s declared',
    async (_name, answer) => {
      const { port } = await serveFiltered((_req, res) => {
        res.setHeader('Content-Type', 'text/html')
        answer(res)
      })
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    },
  )

  test('has one length, and in the framing that the application chose itself', async () => {
    const { port } = await serveFiltered((req, res) => {
      res.setHeader('Transfer-Encoding', 'chunked')
      oneShot(req, res)
    })
    const response = await fetchRaw(port)
    expect(response.framing).toBe('chunked')
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('keeps its trailers', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', 'text/html').setHeader('Trailer', 'Server-Timing')
      res.addTrailers({ 'Server-Timing': 'total;dur=1' })
      res.end(PAGE)
    })
    const connection = await openConnection(port)
    connection.send(requestText({ headers: { Connection: 'close' } }))
    const wire = (await connection.readToEnd()).toString()
    expect(wire).toContain('Transfer-Encoding: chunked')
    expect(wire).toMatch(/0\r\nServer-Timing: total;dur=1\r\n\r\n$/)
  })
})

describe('rule 12: a page that is streamed', () => {
  test('leaves in chunks when its length was not declared', async () => {
    const { port } = await serveFiltered(streamed)
    const response = await fetchRaw(port)
    expect(response.framing).toBe('chunked')
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('keeps a declared length, with the snippets added, when its first bytes show that it is a page', async () => {
    const { port } = await serveFiltered(sizedStream)
    const response = await fetchRaw(port)
    expect(response.framing).toBe('length')
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('keeps the length of a file that Express sends', async () => {
    const app = express()
    app.use(createTestFacsimile().middleware)
    app.get('/', (_req, res) => res.sendFile('test/support/page.html', { root: process.cwd() }))
    const { port } = await serve(app)
    const response = await fetchRaw(port)
    expect(response.framing).toBe('length')
    expect(response.body.toString()).toContain(SNIPPETS[1].html)
  })

  test('is filled up with spaces when fewer snippets found their place than were counted', async () => {
    const frames = '<!doctype html><html><head></head><frameset><frame></frameset></html>'
    const bodyStart = { name: 'start', placement: 'body-start', html: '<script>s=1</script>' } as const
    const { port } = await serveFiltered(
      (_req, res) => {
        res.setHeader('Content-Type', 'text/html').setHeader('Content-Length', frames.length)
        res.write(frames.slice(0, 20))
        res.end(frames.slice(20))
      },
      { settings: { snippets: [...SNIPPETS, bodyStart] } },
    )
    const response = await fetchRaw(port)
    expect(response.framing).toBe('length')
    const missing = bodyStart.html.length + SNIPPETS[1].html.length
    expect(response.body.toString()).toBe(frames.replace('</head>', `${SNIPPETS[0].html}</head>`) + ' '.repeat(missing))
  })

  test('is filled up with spaces where a marker in the page made a snippet needless', async () => {
    const marked = { ...SNIPPETS[1], unlessPageContains: 'Tea' }
    const page = PAGE.replace('Shop', '')
    const { port } = await serveFiltered(
      (req, res) => {
        const text = req.url === '/tea' ? page : page.replace('Tea', 'Ale')
        res.setHeader('Content-Type', 'text/html').setHeader('Content-Length', text.length)
        res.write(text.slice(0, 60))
        res.end(text.slice(60))
      },
      { settings: { snippets: [SNIPPETS[0], marked] } },
    )
    const without = await fetchRaw(port, { path: '/tea' })
    expect(without.framing).toBe('length')
    const rest = page.replace('</head>', `${SNIPPETS[0].html}</head>`)
    expect(without.body.toString()).toBe(rest + ' '.repeat(marked.html.length))
    expect((await fetchRaw(port)).body.toString()).toBe(
      rest.replace('Tea', 'Ale').replace('</body>', `${marked.html}</body>`),
    )
  })

  test('leaves without a length when its first bytes do not tell yet, or the declared one is no number', async () => {
    const { port } = await serveFiltered((req, res) => {
      res.setHeader('Content-Type', 'text/html')
      res.setHeader('Content-Length', req.url === '/late' ? PAGE.length : 'many')
      const split = req.url === '/late' ? 1 : 40
      res.write(PAGE.slice(0, split))
      res.end(PAGE.slice(split))
    })
    for (const path of ['/late', '/many']) {
      const response = await fetchRaw(port, { path })
      expect(response.framing).toBe('chunked')
      expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
  })

  test('ends where a bare server would end it when the application writes less or more than it declared', async () => {
    const { bare, filtered } = await servePair((req, res) => {
      res.setHeader('Content-Type', 'text/html')
      res.setHeader('Content-Length', PAGE.length + (req.url === '/less' ? 10 : -10))
      res.write(PAGE.slice(0, 40))
      res.end(PAGE.slice(40))
    })
    for (const path of ['/less', '/more']) {
      const [expected, actual] = await Promise.all(
        [bare, filtered].map(async ({ port }) => {
          const connection = await openConnection(port)
          connection.send(requestText({ path, headers: { Connection: 'close' } }))
          const wire = (await connection.readToEnd()).toString()
          const [head = '', body = ''] = wire.split('\r\n\r\n')
          return { off: Number(/Content-Length: (\d+)/.exec(head)?.[1]) - body.length, body }
        }),
      )
      expect(actual?.body).toBe(PAGE_WITH_SNIPPETS)
      expect(actual?.off).toBe(expected?.off)
      expect(expected?.off).toBe(path === '/less' ? 10 : -10)
    }
  })

  test('throws like a bare server when Node checks the declared length strictly', async () => {
    const seen: unknown[] = []
    const { port } = await serveFiltered((_req, res) => {
      res.strictContentLength = true
      res.setHeader('Content-Type', 'text/html').setHeader('Content-Length', PAGE.length - 10)
      try {
        res.write(PAGE.slice(0, 40))
        res.end(PAGE.slice(40))
      } catch (error) {
        seen.push((error as NodeJS.ErrnoException).code)
        res.destroy()
      }
    })
    await expect(fetchRaw(port)).rejects.toThrow(/ended/)
    expect(seen).toEqual(['ERR_HTTP_CONTENT_LENGTH_MISMATCH'])
  })
})

describe('rule 12: the connection', () => {
  test.each([
    ['given whole', oneShot],
    ['streamed', streamed],
    ['streamed with a length', sizedStream],
  ])('a client of HTTP/1.0 gets no chunks (page %s)', async (_name, handler) => {
    const { port } = await serveFiltered(handler)
    const response = await fetchRaw(port, { version: '1.0' })
    expect(response.header('transfer-encoding')).toBeUndefined()
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['given whole', oneShot],
    ['streamed', streamed],
    ['streamed with a length', sizedStream],
  ])('serves the next request after a page %s', async (_name, handler) => {
    const { port } = await serveFiltered(handler)
    const connection = await openConnection(port)
    for (let round = 0; round < 3; round++) {
      expect((await connection.ask()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
    expect(connection.unread).toHaveLength(0)
    connection.destroy()
  })

  test('answers pipelined requests in their order, each with its own page', async () => {
    const { port } = await serveFiltered((req, res) => {
      const page = PAGE.replace('Tea', `Tea at ${req.url ?? ''}`)
      res.setHeader('Content-Type', 'text/html')
      // The later the request, the sooner it is answered.
      const answer = () => {
        res.write(page.slice(0, 50))
        res.end(page.slice(50))
      }
      if (req.url === '/1') setImmediate(() => setImmediate(answer))
      else answer()
    })
    const connection = await openConnection(port)
    connection.send(['/1', '/2', '/3'].map((path) => requestText({ path })).join(''))
    for (const path of ['/1', '/2', '/3']) {
      const response = await connection.read()
      expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS.replace('Tea', `Tea at ${path}`))
    }
    connection.destroy()
  })
})
