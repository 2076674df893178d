// Rule 1 among other middlewares: once per page, whoever else wraps the response, further in or further out.
import { ServerResponse, type RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { Middleware } from '@facsimile/express'
import express, { Router } from 'express'
import session from 'express-session'
import { fetchRaw } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  createTestFacsimile,
  HEAD_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  servePair,
  SNIPPETS,
} from '../../support/filtered-site.js'

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')
/** As somebody has it who asked for it before the filter was there. */
const writeHeadOfNode = Reflect.get(ServerResponse.prototype, 'writeHead') as Method
const VIEWER = { allowedAddresses: ['127.0.0.1'] }

describe('rule 1: each snippet once', () => {
  test.each<[string, (res: ServerResponse) => unknown]>([
    ['given whole', (res) => res.end(PAGE)],
    ['streamed', (res) => res.write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
  ])('one instance mounted twice, and again in a nested router (page %s)', async (_name, send) => {
    const { middleware, responseFilter } = createTestFacsimile()
    const inner = Router()
      .use(middleware)
      .get('/', (_req, res) => void send(html(res)))
    const app = express().use(middleware, responseFilter).use('/shop', Router().use('/tea', inner))
    const { port } = await serve(app)
    expect((await fetchRaw(port, { path: '/shop/tea' })).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['given whole', (res) => res.end(PAGE)],
    ['streamed', (res) => res.write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
  ] as [string, (res: ServerResponse) => unknown][])(
    'of two instances the one further in does it, for visitors and viewers alike (page %s)',
    async (_name, send) => {
      for (const settings of [{}, VIEWER]) {
        const outer = createTestFacsimile({
          snippets: [{ ...SNIPPETS[0], html: '<script>outer=1</script>' }],
          ...settings,
        })
        const inner = createTestFacsimile(settings)
        const { port } = await serveFiltered((_req, res) => send(html(res)), {
          facsimile: outer,
          inside: [inner.middleware],
        })
        const response = await fetchRaw(port)
        expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
        expect(response.header('facsimile-status')).toBe(
          'allowedAddresses' in settings ? 'injected; snippets=2, skipped; reason=already-injected' : undefined,
        )
      }
    },
  )

  test('a response of an ordinary class has no listener and no property more than without a filter', async () => {
    const states: unknown[] = []
    const handler: RequestListener = (_req, res) => {
      states.push([res.listenerCount('finish'), res.listenerCount('close'), Object.getOwnPropertyNames(res)])
      html(res).end(PAGE)
    }
    await fetchRaw((await serve(handler)).port)
    await fetchRaw((await serveFiltered(handler)).port)
    expect(states[1]).toEqual(states[0])
  })

  test('so it is where the one further in has a single snippet', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), {
      inside: [createTestFacsimile({ snippets: [SNIPPETS[1]] }).middleware],
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE.replace('</body>', `${SNIPPETS[1].html}</body>`))
  })

  test('the one further out does it where the one further in passes a page over', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), {
      inside: [createTestFacsimile({ exclude: ['/**'] }).middleware],
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    // The one that stores tells viewers, and nothing of what another one did.
    ['inside', {}, 'injected; snippets=0'],
    ['outside', {}, undefined],
    ['inside', VIEWER, 'injected; snippets=2'],
    ['outside', VIEWER, 'injected; snippets=2'],
  ] as const)('one instance may insert and another one, %s of it, store', async (side, settings, status) => {
    const storing = createTestFacsimile({
      disableFilter: true,
      disableCache: false,
      fetchPath: '/copies',
      allowedAddresses: ['127.0.0.1'],
    })
    let token: string | undefined
    const { port } = await serveFiltered(
      (_req, res) => {
        token = storing.tokenFor(res)
        html(res).end(PAGE)
      },
      { settings, [side]: [storing.middleware] },
    )
    const response = await fetchRaw(port)
    expect([response.body.toString(), response.header('facsimile-status')]).toEqual([PAGE_WITH_SNIPPETS, status])
    await storing.flush()
    // Further out, what it stores is what came to it.
    const copy = await fetchRaw(port, { path: `/copies?t=${String(token)}` })
    expect([copy.status, copy.body.toString()]).toEqual([200, side === 'inside' ? PAGE : PAGE_WITH_SNIPPETS])
  })

  test('a page that says it has its snippets already keeps what it has', async () => {
    const { port } = await serveFiltered((_req, res) => {
      html(res).setHeader('Facsimile-Status', 'injected; snippets=2').end(PAGE_WITH_SNIPPETS)
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})

type Method = (...args: unknown[]) => unknown

/** Puts a function in the place of one of the response's methods; it is given the one that was there. */
function wrap(res: ServerResponse, name: 'writeHead' | 'write' | 'end', around: (method: Method) => Method): void {
  const methods = res as unknown as Record<typeof name, Method>
  methods[name] = around(methods[name].bind(res))
}

/** Sets a header at the last moment, as on-headers lets others do. */
const lateHeader: Middleware = (_req, res, next) => {
  wrap(res, 'writeHead', (writeHead) => (...args) => {
    res.setHeader('X-Late', 'yes')
    return writeHead(...args)
  })
  next()
}

/** Notes what leaves, as a logger does. */
function createLogger() {
  const lines: string[] = []
  const middleware: Middleware = (_req, res, next) => {
    let bytes = 0
    for (const name of ['write', 'end'] as const) {
      wrap(res, name, (method) => (...args) => {
        bytes += (args[0] as Buffer | undefined)?.length ?? 0
        return method(...args)
      })
    }
    res.once('finish', () => lines.push(`${res.statusCode} ${bytes}`))
    next()
  }
  return { lines, middleware }
}

describe('other middlewares', () => {
  const sends: readonly [string, (res: ServerResponse) => unknown][] = [
    ['end(page)', (res) => html(res).end(PAGE)],
    ['writeHead() and end(page)', (res) => res.writeHead(201, 'Made', { 'Content-Type': 'text/html' }).end(PAGE)],
    ['write() and end()', (res) => html(res).write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
    [
      'a length, write() and end()',
      (res) => html(res).setHeader('Content-Length', PAGE.length).write(PAGE) && res.end(),
    ],
    ['end(page) that is no HTML', (res) => res.setHeader('Content-Type', 'text/plain').end(PAGE)],
    ['end(page) that is not to be changed', (res) => html(res).setHeader('Cache-Control', 'no-transform').end(PAGE)],
    ['end() without a body', (res) => html(res).end()],
    ['204', (res) => res.writeHead(204).end()],
    ...[204, 205, 304].map((status): [string, (res: ServerResponse) => unknown] => [
      `${status} with a body`,
      (res) => {
        res.statusCode = status
        html(res).end(PAGE)
      },
    ]),
    ['end(chunk, encoding) that is no HTML', (res) => res.setHeader('Content-Type', 'text/css').end('70', 'hex')],
  ]

  test.each(sends)(
    'one that sets headers at the last moment goes on doing so, on either side: %s',
    async (_name, send) => {
      for (const side of ['inside', 'outside'] as const) {
        const { bare, filtered } = await servePair((_req, res) => send(res), { [side]: [lateHeader] })
        const expected = await fetchRaw(bare.port)
        const actual = await fetchRaw(filtered.port)
        const isPage = expected.header('content-type') === 'text/html' && expected.header('cache-control') === undefined
        const body = expected.body.toString()
        const isInjected = isPage && body === PAGE && expected.status !== 205
        expect(actual.body.toString()).toBe(isInjected ? PAGE_WITH_SNIPPETS : body)
        if (!isInjected) expect(actual.header('content-length')).toBe(expected.header('content-length'))
        expect([actual.status, actual.reason, actual.framing]).toEqual([
          expected.status,
          expected.reason,
          expected.framing,
        ])
        expect(actual.header('x-late')).toBe('yes')
      }
    },
  )

  test('one that makes a page something else at the last moment is heard', async () => {
    const toText: Middleware = (_req, res, next) => {
      wrap(res, 'writeHead', (writeHead) => (status) => writeHead(status, { 'content-type': 'text/plain' }))
      next()
    }
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), { inside: [toText] })
    const response = await fetchRaw(port)
    expect([response.framing, response.body.toString()]).toEqual(['length', PAGE])
  })

  test('one that stores what passes without snippets keeps its framing too', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), {
      inside: [lateHeader],
      settings: { disableFilter: true, disableCache: false },
    })
    expect((await fetchRaw(port)).framing).toBe('length')
  })

  test.each(['write', 'end'] as const)('one further out that wraps %s() alone is given what leaves', async (name) => {
    const given: string[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        html(res).write(PAGE.slice(0, 60))
        res.end(PAGE.slice(60))
      },
      {
        outside: [
          (_req, res, next) => {
            wrap(res, name, (method) => (...args) => {
              given.push(String(args[0]))
              return method(...args)
            })
            next()
          },
        ],
      },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(given.join('')).toContain(name === 'write' ? HEAD_SNIPPET : BODY_SNIPPET)
  })

  test('one further out that wraps writeHead() alone finds the headers as they leave, each in its form', async () => {
    const found: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => html(res).setHeader('Content-Security-Policy', "script-src 'self'").end(PAGE),
      {
        settings: { csp: 'hash' },
        outside: [
          (_req, res, next) => {
            wrap(res, 'writeHead', (writeHead) => (...args) => {
              found.push(res.getHeader('vary'), res.getHeader('content-security-policy'))
              return writeHead(...args)
            })
            next()
          },
        ],
      },
    )
    const response = await fetchRaw(port)
    expect(found).toEqual([response.header('vary'), response.header('content-security-policy')])
    expect(response.header('content-security-policy')).toContain('sha256-')
  })

  test('one further in may put a property with a getter before our own functions', async () => {
    let asked = 0
    let found: PropertyDescriptor | undefined
    const cover: Middleware = (_req, res, next) => {
      found = Object.getOwnPropertyDescriptor(res, 'write')
      const write = res.write.bind(res)
      const get = () => (asked++, write)
      Object.defineProperty(res, 'write', { get, configurable: true })
      next()
    }
    const { port } = await serveFiltered((_req, res) => html(res).write(PAGE) && res.end(), {
      outside: [createLogger().middleware],
      inside: [cover],
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(asked).toBeGreaterThan(0)
    // As an assignment would have made it.
    expect(found).toMatchObject({ writable: true, enumerable: true, configurable: true })
  })

  test('one between two Facsimiles, of which the one further in fails, leaves the page to the other', async () => {
    const errors: unknown[] = []
    const ignore = () => undefined
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void errors.push(fields) }
    const inner = createTestFacsimile({ snippets: [{ ...SNIPPETS[0], html: '<script>inner=1</script>' }], logger })
    const failure = new Error('no more headers')
    const { port } = await serveFiltered(
      (_req, res) => {
        const setHeader = res.setHeader.bind(res)
        res.setHeader = (name, value) => {
          if (name === 'Vary' && errors.length === 0) throw failure
          return setHeader(name, value)
        }
        html(res).end(PAGE)
      },
      { inside: [createLogger().middleware, inner.middleware] },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(errors).toEqual([{ err: failure }])
  })

  test('the error of one further out, which threw when the headers had gone, is the application’s to catch', async () => {
    const caught: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        try {
          html(res).write(PAGE)
        } catch (error) {
          caught.push(error)
          res.end()
        }
      },
      {
        outside: [
          (_req, res, next) => {
            wrap(res, 'write', (write) => (...args) => {
              write(...args)
              throw failure
            })
            next()
          },
        ],
      },
    )
    const failure = new Error('no disk for the log')
    await fetchRaw(port)
    expect(caught).toEqual([failure])
  })

  test('one that writes the headers past us gets the page as the application writes it, and no token', async () => {
    const facsimile = createTestFacsimile({ disableCache: false })
    const answers: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        html(res).write(PAGE.slice(0, 50))
        answers.push(facsimile.tokenFor(res))
        res.end(PAGE.slice(50))
      },
      {
        facsimile,
        inside: [
          (_req, res, next) => {
            wrap(res, 'writeHead', () => (status) => writeHeadOfNode.call(res, status))
            next()
          },
        ],
      },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE)
    expect(answers).toEqual([undefined])
  })

  test('a logger further out counts what leaves, a logger further in what the application wrote', async () => {
    const outer = createLogger()
    const inner = createLogger()
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), {
      outside: [outer.middleware],
      inside: [inner.middleware],
    })
    await fetchRaw(port)
    expect(outer.lines).toEqual([`200 ${PAGE_WITH_SNIPPETS.length}`])
    expect(inner.lines).toEqual([`200 ${PAGE.length}`])
  })
})

describe('express-session, which saves before the last byte leaves', () => {
  const sessions = () => session({ secret: 'test', resave: true, saveUninitialized: true }) as unknown as Middleware

  test.each(['inside', 'outside'] as const)('mounted %s: cookie, page and framing are right', async (side) => {
    for (const size of [1, 20_000]) {
      const page = PAGE.replace('Tea', 'Tea '.repeat(size))
      const app = express()
      const { middleware } = createTestFacsimile()
      app.use(...(side === 'inside' ? [middleware, sessions()] : [sessions(), middleware]))
      app.get('/', (_req, res) => res.send(page))
      const { port } = await serve(app)
      const response = await fetchRaw(port)
      expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS.replace('Tea', 'Tea '.repeat(size)))
      expect(response.header('set-cookie')).toMatch(/^connect\.sid=/)
      expect(response.body.toString().split(BODY_SNIPPET)).toHaveLength(2)
      // Further in, it has the headers written before it shows the page, so that its length cannot be known.
      expect(response.framing).toBe(side === 'inside' ? 'chunked' : 'length')
    }
  })
})
