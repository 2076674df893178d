// The rules over HTTP/2: its responses are of another class, finish at another time and can be reset one by one.
import { once } from 'node:events'
import { constants, createSecureServer, type Http2ServerResponse } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import connectApp from 'connect'
import type { FacsimileSettings, Middleware } from '@facsimile/express'
import { eventually } from '../../support/eventually.js'
import { BODY_SNIPPET, createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS } from '../../support/filtered-site.js'
import {
  asHttp1,
  askHttp2,
  behind,
  connectUntilTheEnd,
  listenUntilTheEnd,
  portOf,
  serveHttp2,
  type Http2Handler,
} from '../../support/http2-site.js'
import { createSelfSigned } from '../../stores/support/redis-certificate.js'

const STORING = { disableCache: false, allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'body-end', html: '<i>%CacheToken%</i>' } as const

async function serve(handler: Http2Handler, settings: FacsimileSettings = {}) {
  const facsimile = createTestFacsimile(settings)
  return { facsimile, client: await serveHttp2(behind([facsimile.middleware], handler)) }
}

const html = (res: Http2ServerResponse) => {
  res.setHeader('content-type', 'text/html')
  return res
}

const stream = (res: Http2ServerResponse, page = PAGE) => {
  html(res).write(page.slice(0, 50))
  res.end(page.slice(50))
}

const copyOf = async ({ client, token }: { client: Parameters<typeof askHttp2>[0]; token: string | undefined }) =>
  await askHttp2(client, `/facsimile?t=${String(token)}`)

describe('a page over HTTP/2', () => {
  const sends: readonly [string, (res: Http2ServerResponse) => unknown, length: number | undefined][] = [
    ['given whole', (res) => html(res).end(PAGE), PAGE_WITH_SNIPPETS.length],
    ['given whole as bytes', (res) => html(res).end(Buffer.from(PAGE)), PAGE_WITH_SNIPPETS.length],
    ['streamed', (res) => stream(res), undefined],
    [
      'streamed with its length',
      (res) => {
        res.setHeader('content-length', PAGE.length)
        stream(res)
      },
      PAGE_WITH_SNIPPETS.length,
    ],
    ['after writeHead()', (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE), undefined],
    ['piped', (res) => Readable.from(PAGE.match(/.{1,7}/gs) ?? []).pipe(html(res)), undefined],
    [
      'corked',
      (res) => {
        html(res).cork()
        for (const letter of PAGE) res.write(letter)
        res.uncork()
        res.end()
      },
      undefined,
    ],
  ]

  test.each(sends)('gets its snippets and a length that is right or absent: %s', async (_name, send, length) => {
    const { client } = await serve((_req, res) => send(res))
    const { headers, text } = await askHttp2(client)
    expect(text).toBe(PAGE_WITH_SNIPPETS)
    expect(headers['content-length']).toBe(length === undefined ? undefined : String(length))
  })

  test('rule 16: writeHead() keeps status and every header line in each of its forms', async () => {
    const cookies = ['a=1', 'b=2']
    const { client } = await serve((req, res) => {
      if (req.url === '/object') res.writeHead(404, { 'Content-Type': 'text/html', 'Set-Cookie': cookies })
      else if (req.url === '/flat')
        res.writeHead(404, ['Content-Type', 'text/html', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'] as never)
      else
        res.writeHead(404, [
          ['Content-Type', 'text/html'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ] as never)
      res.end(PAGE)
    })
    for (const path of ['/object', '/flat', '/nested']) {
      const { status, headers, text } = await askHttp2(client, path)
      expect([status, headers['set-cookie'], text]).toEqual([404, cookies, PAGE_WITH_SNIPPETS])
    }
  })

  test('is stored, and fetched once as it was, over the same connection', async () => {
    const { client, facsimile } = await serve((_req, res) => stream(res), { ...STORING, snippets: [TOKEN_SNIPPET] })
    const token = /<i>([\w-]{32})<\/i><\/body>/.exec((await askHttp2(client, '/a?b=c')).text)?.[1]
    await facsimile.flush()
    const copy = await copyOf({ client, token })
    expect([copy.status, copy.text]).toEqual([200, PAGE])
    expect(copy.headers['facsimile-page']).toContain('status=200, method=GET')
    expect((await copyOf({ client, token })).status).toBe(404)
  })

  test('is its own, however many streams of one connection are answered at once', async () => {
    const { client, facsimile } = await serve(
      (req, res) => void nextTurn().then(() => stream(res, PAGE.replace('Tea', req.url))),
      { ...STORING, snippets: [TOKEN_SNIPPET] },
    )
    const paths = Array.from({ length: 40 }, (_, index) => `/${index}`)
    const pages = await Promise.all(paths.map((path) => askHttp2(client, path)))
    await facsimile.flush()
    for (const [index, { text }] of pages.entries()) {
      const token = /<i>([\w-]{32})<\/i>/.exec(text)?.[1]
      expect((await copyOf({ client, token })).text).toBe(PAGE.replace('Tea', `/${index}`))
    }
  })

  test('under Connect is the same', async () => {
    const app = connectApp()
    app.use(createTestFacsimile().middleware as connectApp.NextHandleFunction)
    app.use((_req, res) => res.end(PAGE, res.setHeader('content-type', 'text/html') as never))
    const client = await serveHttp2(app as unknown as Http2Handler)
    expect((await askHttp2(client)).text).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a viewer on the allowlist is told what was done', async () => {
    const { client } = await serve((req, res) => (req.url === '/page' ? html(res).end(PAGE) : res.end('{}')), {
      allowedAddresses: ['127.0.0.1'],
    })
    expect((await askHttp2(client, '/page')).headers['facsimile-status']).toBe('injected; snippets=2')
    expect((await askHttp2(client, '/data')).headers['facsimile-status']).toBe('skipped; reason=not-html')
  })
})

describe('memory over HTTP/2', () => {
  const text = 'Tea '.repeat(200)
  const start = `<!doctype html><html><head></head><body>${text}`

  // Node frees the memory of writes that leave together as soon as it meets an empty one.
  test.each<[string, (res: Http2ServerResponse) => unknown]>([
    ['a tail that waits', (res) => res.write('</body></html>')],
    ['a tail that waits, with a callback', (res) => res.write('</body></html>', () => undefined)],
    ['the start of a tag', (res) => res.write('</')],
    ['a chunk without bytes', (res) => res.write('')],
  ])('of texts that leave together stays theirs until they have left, followed by %s', async (_name, follow) => {
    const { client } = await serve((_req, res) => {
      html(res).write(start)
      for (let times = 0; times < 20; times++) res.write(text)
      follow(res)
      setImmediate(() => res.end())
    })
    const { text: page } = await askHttp2(client)
    expect(page).toContain(text.repeat(21))
    expect(page).toContain(BODY_SNIPPET)
  })

  test('the callback of a chunk that is held back comes after those before it, and before those after it', async () => {
    const notes: string[] = []
    const { client } = await serve((_req, res) => {
      const note = (what: string) => () => notes.push(what)
      html(res).write('<', note('the start of a tag'))
      res.write(start.slice(1), note('the rest'))
      res.write('', note('nothing'))
      res.write('</bo', note('the start of the tail'))
      res.write('dy>', note('more of it'))
      res.write('<p>after it</p>', note('what is no tail'))
      res.write('</html>', note('a tail'))
      // Whoever waits for the callback before the next write is not kept waiting.
      res.write('</html>', () => res.end(note('the end')))
    })
    expect((await askHttp2(client)).text).toContain(`${BODY_SNIPPET}</html></html>`)
    expect(notes).toEqual([
      'the start of a tag',
      'the rest',
      'nothing',
      'the start of the tail',
      'more of it',
      'what is no tail',
      'a tail',
      'the end',
    ])
  })
})

describe('what is no page leaves over HTTP/2 as from a bare server', () => {
  const answers: Record<string, Http2Handler> = {
    JSON: (_req, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('{"a":"</body>"}'),
    'a fragment': (_req, res) => html(res).end('<p>Tea</p>'),
    'a page that is not to be changed': (_req, res) => {
      res.setHeader('cache-control', 'no-transform')
      html(res).end(PAGE)
    },
    204: (_req, res) => res.writeHead(204).end(),
    304: (_req, res) => res.writeHead(304, { 'content-type': 'text/html', etag: '"v1"' }).end(),
    'a part of a page': (_req, res) => {
      res.writeHead(206, { 'content-type': 'text/html', 'content-range': 'bytes 0-3/9' }).end('<bod')
    },
  }

  test.each(Object.entries(answers))('%s', async (_name, handler) => {
    const bare = await askHttp2(await serveHttp2(handler))
    const filtered = await askHttp2((await serve(handler)).client)
    const shown = ({ headers, text }: typeof bare) => ({ headers: { ...headers, date: '' }, text })
    expect(shown(filtered)).toEqual(shown(bare))
  })

  test('even where a middleware further in asks for the headers', async () => {
    const handler: Http2Handler = (_req, res) => {
      res.setHeader('content-type', 'text/plain')
      const writeHead = res.writeHead.bind(res)
      res.writeHead = ((...args: Parameters<typeof writeHead>) => writeHead(...args)) as typeof writeHead
      res.end('Tea')
    }
    const bare = await askHttp2(await serveHttp2(handler))
    const filtered = await askHttp2((await serve(handler)).client)
    expect({ ...filtered.headers, date: '' }).toEqual({ ...bare.headers, date: '' })
  })

  test('a response whose headers the handler has sent by its stream', async () => {
    const { client } = await serve((_req, res) => {
      res.stream.respond({ ':status': 200, 'content-type': 'text/html' })
      res.write(PAGE.slice(0, 50))
      res.end(PAGE.slice(50))
    })
    expect((await askHttp2(client)).text).toBe(PAGE)
  })

  test('a response that the server pushes', async () => {
    const pushed: Promise<string>[] = []
    const { client } = await serve((_req, res) => {
      res.createPushResponse({ ':path': '/pushed' }, (error, push) => {
        if (error === null) html(push).end(PAGE)
        html(res).end(PAGE)
      })
    })
    client.on('stream', (push) => {
      pushed.push(push.toArray().then((chunks: Buffer[]) => Buffer.concat(chunks).toString()))
    })
    expect((await askHttp2(client)).text).toBe(PAGE_WITH_SNIPPETS)
    expect(await Promise.all(pushed)).toEqual([PAGE])
  })
})

describe('headers without a body over HTTP/2', () => {
  test('rule 15: HEAD gets the headers of GET, but for the length', async () => {
    const { client } = await serve((_req, res) => html(res).end(PAGE))
    const head = await askHttp2(client, '/', { ':method': 'HEAD' })
    const get = await askHttp2(client)
    expect(head.body).toHaveLength(0)
    expect({ ...get.headers, 'content-length': head.headers['content-length'], date: '' }).toEqual({
      ...head.headers,
      'content-length': head.headers['content-length'],
      date: '',
    })
  })

  test('rule 13: our own entity tag brings a 304, another one the page', async () => {
    const { client } = await serve((req, res) => {
      res.setHeader('etag', '"v1"')
      if (req.headers['if-none-match'] === '"v1"') res.writeHead(304).end()
      else html(res).end(PAGE)
    })
    const { etag = '' } = (await askHttp2(client)).headers
    expect(etag).toMatch(/^W\/"v1-/)
    const again = await askHttp2(client, '/', { accept: 'text/html', 'if-none-match': etag })
    expect([again.status, again.headers.etag]).toEqual([304, etag])
    expect((await askHttp2(client, '/', { accept: 'text/html', 'if-none-match': '"v1"' })).status).toBe(200)
  })

  test('trailers and early hints arrive', async () => {
    const { client } = await serve((_req, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
      res.addTrailers({ 'server-timing': 'total;dur=1' })
      stream(res)
    })
    const { informational, trailers, text } = await askHttp2(client)
    expect(informational.map((headers) => [headers[':status'], headers['link']])).toEqual([
      [103, '</style.css>; rel=preload; as=style'],
    ])
    expect(trailers?.['server-timing']).toBe('total;dur=1')
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })
})

describe('time over HTTP/2', () => {
  test('rule 7: a byte leaves when the handler writes it, and a tail after a moment of silence', async () => {
    const { client } = await serve((_req, res) => void html(res).write(PAGE))
    const page = client.request({ ':path': '/' })
    let text = ''
    page.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await eventually('the head', () => text.includes('Tea</p>'))
    expect(text).not.toContain('</body>')
    await eventually('the tail', () => text.includes('</html>'))
    expect(text).toBe(PAGE_WITH_SNIPPETS)
    page.destroy()
  })

  test('rule 9: with a client that does not read, write() becomes false, and drain comes when it reads', async () => {
    const chunk = `<p>${'x'.repeat(65_000)}</p>`
    let isStopped = false
    let drains = 0
    const { client } = await serve((_req, res) => {
      html(res).write('<!doctype html><html><head></head><body>')
      let written = 0
      const more = () => {
        while (written < 50) {
          written++
          if (res.write(chunk)) continue
          isStopped = true
          res.once('drain', () => {
            drains++
            more()
          })
          return
        }
        res.end('</body></html>')
      }
      more()
    })
    const page = client.request({ ':path': '/' })
    await eventually('write() is false', () => isStopped)
    let bytes = 0
    page.on('data', (data: Buffer) => (bytes += data.length))
    await once(page, 'end')
    expect(drains).toBeGreaterThan(0)
    expect(bytes).toBeGreaterThan(50 * chunk.length)
  })

  test('rule 10: callbacks and events come as from a bare server', async () => {
    const notes: string[][] = []
    const handler: Http2Handler = (_req, res) => {
      const own: string[] = []
      notes.push(own)
      for (const name of ['finish', 'close']) res.on(name, () => own.push(name))
      html(res).write(PAGE.slice(0, -14), () => own.push('first'))
      res.write('</body></html>', () => own.push('second'))
      own.push(String(res.end(() => own.push('end')) === (res as unknown)))
      own.push([res.headersSent, res.writableEnded].join())
      res.end(() => own.push('again'))
    }
    await askHttp2(await serveHttp2(handler))
    await askHttp2((await serve(handler)).client)
    await eventually('both are closed', () => notes.every((own) => own.includes('close')))
    expect(notes[1]).toEqual(notes[0])
  })
})

/** A site whose handler has asked for the page's token. */
async function serveWithToken(send: (res: Http2ServerResponse, path: string) => unknown) {
  const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
  const tokens: (string | undefined)[] = []
  /** Of the requests, in their order: the response, and whether it is closed. */
  const answers: { res: Http2ServerResponse; isClosed: boolean }[] = []
  const noting: Middleware = (_req, res, next) => {
    const answer = { res: res as unknown as Http2ServerResponse, isClosed: false }
    answers.push(answer)
    res.on('close', () => (answer.isClosed = true))
    next()
  }
  const client = await serveHttp2(
    behind([noting, facsimile.middleware], (req, res) => {
      tokens.push(facsimile.tokenFor(asHttp1(res)))
      send(res, req.url)
    }),
  )
  return { client, facsimile, tokens, answers, copy: () => askHttp2(client, `/facsimile?t=${String(tokens[0])}`) }
}

describe('the copy of a page over HTTP/2', () => {
  test('rule 29: does not change when the application wipes its buffer in the callback of end()', async () => {
    const { client, facsimile, copy } = await serveWithToken((res) => {
      const page = Buffer.from(PAGE)
      html(res).end(page, () => page.fill(0x21))
    })
    expect((await askHttp2(client)).text).toBe(PAGE_WITH_SNIPPETS)
    await facsimile.flush()
    expect((await copy()).text).toBe(PAGE)
  })

  test('stays for the next crawler when one hangs up while it waits for the page', async () => {
    const { client, facsimile, tokens, answers, copy } = await serveWithToken((res) => html(res).write(PAGE))
    const page = client.request({ ':path': '/' }).resume()
    await once(page, 'response')
    const crawler = client.request({ ':path': `/facsimile?t=${String(tokens[0])}` })
    crawler.on('error', () => undefined)
    await eventually('the crawler has asked', () => answers.length === 2)
    crawler.close(constants.NGHTTP2_CANCEL)
    await eventually('the crawler has gone', () => answers[1]?.isClosed === true)
    answers[0]?.res.end()
    await once(page, 'close')
    await facsimile.flush()
    expect((await copy()).text).toBe(PAGE)
  })
})

describe('rules 24 and 25: a stream over HTTP/2 that is given up', () => {
  const long = PAGE.replace('Tea', 'Tea '.repeat(500_000))

  test.each<[string, (res: Http2ServerResponse) => unknown, isReset: boolean]>([
    ['by the client, in the middle of a page', (res) => html(res).write(PAGE.slice(0, -14)), true],
    ['by the client, after the handler has ended it', (res) => html(res).end(long), true],
    ['by the client, after the handler has streamed all of it', (res) => stream(res, long), true],
    ['by the handler', (res) => html(res).write(PAGE, () => res.destroy()), false],
  ])('is not stored, nobody waits for it, and the connection goes on: %s', async (_name, send, isReset) => {
    const { client, facsimile, tokens, answers, copy } = await serveWithToken((res, path) => {
      if (path === '/next') html(res).end(PAGE)
      else send(res)
    })
    const page = client.request({ ':path': '/' })
    page.on('error', () => undefined) // A reset by the server is one.
    await once(page, 'response')
    if (isReset) page.close(constants.NGHTTP2_CANCEL)
    else page.resume()
    await eventually('the response is closed', () => answers[0]?.isClosed === true)
    await facsimile.flush()
    expect(tokens[0]).toHaveLength(32)
    expect((await copy()).status).toBe(404)
    expect((await askHttp2(client, '/next')).text).toBe(PAGE_WITH_SNIPPETS)
  })

  test('whose whole connection is gone fails as on a bare server when the handler goes on', async () => {
    const notes: unknown[][] = []
    const arrived: (() => void)[] = []
    const handler: Http2Handler = (req, res) => {
      const own: unknown[] = []
      notes.push(own)
      arrived.shift()?.()
      req.stream.session?.on('close', () => {
        try {
          res.setHeader('content-type', 'application/json')
          own.push(res.write('{}'), res.end('') === (res as unknown), res.headersSent)
        } catch (error) {
          own.push((error as NodeJS.ErrnoException).code)
        }
        own.push('done')
      })
    }
    const clients = [await serveHttp2(handler), (await serve(handler, { allowedAddresses: ['127.0.0.1'] })).client]
    for (const client of clients) {
      const arrival = new Promise<void>((resolve) => arrived.push(resolve))
      client.request({ ':path': '/' }).on('error', () => undefined)
      await arrival
      client.destroy()
      await eventually('the handler has noticed', () => notes.at(-1)?.includes('done') === true)
    }
    expect(notes[1]).toEqual(notes[0])
  })
})

test('one server gives HTTP/2 and HTTP/1.1 over TLS the same page', async () => {
  const { key, cert } = createSelfSigned('localhost')
  const handler = behind([createTestFacsimile().middleware], (_req, res) => html(res).end(PAGE))
  const server = createSecureServer({ key, cert, allowHTTP1: true }, handler)
  await listenUntilTheEnd(server)
  const client = await connectUntilTheEnd(`https://localhost:${portOf(server)}`, { ca: cert })
  expect((await askHttp2(client)).text).toBe(PAGE_WITH_SNIPPETS)
  const http1 = await new Promise<string>((resolve, reject) => {
    const req = requestHttps(
      { host: 'localhost', port: portOf(server), ca: cert, agent: false },
      (res) => void res.toArray().then((chunks: Buffer[]) => resolve(Buffer.concat(chunks).toString()), reject),
    )
    req.on('error', reject).end()
  })
  expect(http1).toBe(PAGE_WITH_SNIPPETS)
})
