// Rules 22, 24 and 26: a failing application fails as it would without a filter, and a failing filter does not show.
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Inserter } from '@facsimile/core'
import express from 'express'
import express4 from 'express4'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  createTestFacsimile,
  HEAD_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  SNIPPETS,
} from '../../support/filtered-site.js'

afterEach(() => {
  jest.restoreAllMocks()
})

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'head-end', html: '<script>t=%FetchUrl%</script>' } as const

/** A logger that keeps what it is told at the level of errors. */
function createLogger() {
  const errors: unknown[] = []
  const ignore = () => undefined
  return { errors, debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void errors.push(fields) }
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('rule 24: an application on %s that fails', (_name, createApp) => {
  const failure = new Error('no tea')

  test('after a part of the page is cut off, and nothing is stored', async () => {
    const app = createApp().set('env', 'test')
    app.use(createTestFacsimile({ ...CRAWLER, snippets: [TOKEN_SNIPPET] }).middleware)
    app.get('/', (_req, res, next) => {
      res.type('html').write('<!doctype html><html><head></head><body><p>Te')
      next(failure)
    })
    const { port } = await serve(app)
    const connection = await openConnection(port)
    connection.send(requestText())
    const wire = (await connection.readToEnd()).toString()
    expect(wire).not.toMatch(/0\r\n\r\n$/)
    const token = /\?t=([\w-]{32})/.exec(wire)?.[1] ?? ''
    expect(token).toHaveLength(32)
    expect((await fetchRaw(port, { path: `/facsimile?t=${token}` })).status).toBe(404)
  })

  // Its error page says `default-src 'none'`.
  test.each([
    ['without snippets, since its own policy would block them', 'nonce', 0],
    ['with snippets, where its policy may be widened', 'hash', 1],
  ] as const)('before any output gets a clean error page, %s', async (_how, csp, times) => {
    const app = createApp().set('env', 'test')
    app.use(createTestFacsimile({ csp }).middleware)
    app.get('/', (_req, res) => {
      res.type('html')
      throw failure
    })
    const { port } = await serve(app)
    const response = await fetchRaw(port)
    expect(response.status).toBe(500)
    const body = response.body.toString()
    expect(body.match(/<!DOCTYPE html>/gi)).toHaveLength(1)
    expect(body.split(HEAD_SNIPPET)).toHaveLength(times + 1)
    expect(body.split(BODY_SNIPPET)).toHaveLength(times + 1)
  })

  test('while nothing but the start of a tag has been written is cut off as well', async () => {
    const app = createApp().set('env', 'test')
    app.use(createTestFacsimile().middleware)
    app.get('/', (_req, res, next) => {
      res.type('html').write('<!doc')
      next(failure)
    })
    const { port } = await serve(app)
    await expect(fetchRaw(port)).rejects.toThrow('ended')
  })
})

describe('rule 24: res.destroy() midway', () => {
  test.each([
    ['in chunks', {}],
    ['with a length', { 'Content-Length': PAGE.length }],
  ])('cuts the connection of a page %s, and nothing is stored', async (_name, headers) => {
    const { port } = await serveFiltered(
      (_req, res) => {
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
        res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, -20), () => res.destroy())
      },
      { settings: { ...CRAWLER, snippets: [TOKEN_SNIPPET] } },
    )
    const connection = await openConnection(port)
    connection.send(requestText())
    const wire = (await connection.readToEnd()).toString()
    expect(wire).not.toContain('</html>')
    expect(wire).not.toMatch(/0\r\n\r\n$/)
    const token = /\?t=([\w-]{32})/.exec(wire)?.[1] ?? ''
    expect((await fetchRaw(port, { path: `/facsimile?t=${token}` })).status).toBe(404)
  })

  test('a tail that was held back does not come after it', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', 'text/html').write(PAGE, () => res.destroy())
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    expect((await connection.readToEnd()).toString()).not.toContain('</body>')
  })
})

describe('rule 24: a tail that Node refuses to take', () => {
  test('after a moment of silence closes the connection, and not the process', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.strictContentLength = true
      res
        .setHeader('Content-Type', 'text/html')
        .setHeader('Content-Length', PAGE.length - 5)
        .write(PAGE)
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    expect((await connection.readToEnd()).toString()).not.toContain('</html>')
  })
})

describe('rules 22 and 26: a failing Facsimile', () => {
  const streamed: RequestListener = (_req, res) => {
    res.setHeader('Content-Type', 'text/html').setHeader('ETag', '"v1"')
    res.write(PAGE.slice(0, 50))
    res.end(PAGE.slice(50))
  }
  const oneShot: RequestListener = (_req, res) =>
    res.setHeader('Content-Type', 'text/html').setHeader('ETag', '"v1"').end(PAGE)

  test.each([
    ['given whole', oneShot],
    ['streamed', streamed],
  ] as [string, RequestListener][])(
    'leaves the page as it was when its headers cannot be read, and reports it (page %s)',
    async (_name, handler) => {
      const logger = createLogger()
      const error = new Error('no headers today')
      const { port } = await serveFiltered(
        (req, res) => {
          res.getHeaders = () => {
            throw error
          }
          handler(req, res)
        },
        { settings: { logger } },
      )
      const response = await fetchRaw(port)
      expect([response.body.toString(), response.header('etag')]).toEqual([PAGE, '"v1"'])
      expect(logger.errors).toEqual([{ err: error }])
    },
  )

  test('leaves the page as it was when a condition answers with a promise, which is always true', async () => {
    const logger = createLogger()
    const when = (() => Promise.resolve(false)) as unknown as () => boolean
    const { port } = await serveFiltered(streamed, {
      settings: { snippets: [{ ...SNIPPETS[0], when }], logger, allowedAddresses: ['127.0.0.1'] },
    })
    const response = await fetchRaw(port)
    expect([response.body.toString(), response.header('etag')]).toEqual([PAGE, '"v1"'])
    expect(response.header('facsimile-status')).toBe('skipped; reason=error')
    expect(logger.errors).toHaveLength(1)
  })

  test('leaves the page as it was when a condition throws, and reports it', async () => {
    const logger = createLogger()
    const error = new Error('no consent service')
    const when = () => {
      throw error
    }
    const { port } = await serveFiltered(oneShot, {
      settings: { snippets: [{ ...SNIPPETS[0], when }], logger, allowedAddresses: ['127.0.0.1'] },
    })
    const response = await fetchRaw(port)
    expect([response.body.toString(), response.header('etag')]).toEqual([PAGE, '"v1"'])
    expect(response.header('facsimile-status')).toBe('skipped; reason=error')
    expect(logger.errors).toEqual([{ err: error }])
  })

  test.each([
    ['push', oneShot],
    ['end', oneShot],
    ['push', streamed],
  ] as const)('leaves the page as it was when the inserter fails at its first %s', async (method, handler) => {
    const logger = createLogger()
    const error = new Error('a bug')
    jest.spyOn(Inserter.prototype, method).mockImplementation(() => {
      throw error
    })
    const { port } = await serveFiltered(handler, { settings: { logger, allowedAddresses: ['127.0.0.1'] } })
    const response = await fetchRaw(port)
    expect([response.body.toString(), response.header('etag')]).toEqual([PAGE, '"v1"'])
    expect(response.header('facsimile-status')).toBe('skipped; reason=error')
    expect(logger.errors).toEqual([{ err: error }])
  })

  test.each(['push', 'end', 'release'] as const)(
    'goes on with the page as the application writes it when the inserter fails later, in %s',
    async (method) => {
      const logger = createLogger()
      const error = new Error('a bug')
      let res!: Parameters<RequestListener>[1]
      const { port } = await serveFiltered(
        (_req, response) => {
          res = response.setHeader('Content-Type', 'text/html')
          res.setHeader('Content-Length', PAGE.length).write(PAGE.slice(0, 60))
        },
        { settings: { logger } },
      )
      const connection = await openConnection(port)
      connection.send(requestText())
      await connection.readUntil(HEAD_SNIPPET)
      jest.spyOn(Inserter.prototype, method).mockImplementation(() => {
        throw error
      })
      // A tail that is held is asked for after a moment of silence.
      res.write(PAGE.slice(60))
      if (method === 'release') await connection.readUntil('</html>')
      res.end()
      const response = await connection.read()
      expect(logger.errors).toEqual([{ err: error }])
      // The length that was promised is kept: spaces stand where the snippet would have been.
      const expected = PAGE_WITH_SNIPPETS.replace(BODY_SNIPPET, '') + ' '.repeat(BODY_SNIPPET.length)
      expect([response.framing, response.body.toString()]).toEqual(['length', expected])
      connection.destroy()
    },
  )

  test('does not store a page whose insertion failed midway, and has no token for it any more', async () => {
    const facsimile = createTestFacsimile({ ...CRAWLER, snippets: [TOKEN_SNIPPET] })
    const answers: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 60))
        answers.push(facsimile.tokenFor(res))
        for (const method of ['passes', 'push'] as const) {
          jest.spyOn(Inserter.prototype, method).mockImplementation(() => {
            throw new Error('a bug')
          })
        }
        res.write(PAGE.slice(60))
        answers.push(facsimile.tokenFor(res))
        res.end()
      },
      { facsimile },
    )
    const token = /\?t=([\w-]{32})/.exec((await fetchRaw(port)).body.toString())?.[1] ?? ''
    expect(answers).toEqual([token, undefined])
    await facsimile.flush()
    expect((await fetchRaw(port, { path: `/facsimile?t=${token}` })).status).toBe(404)
  })

  test.each(['writeHead', 'write', 'end'] as const)(
    'leaves a response whose own %s() cannot be replaced as it is, all of it, and reports it',
    async (fixed) => {
      const logger = createLogger()
      const { port } = await serveFiltered(streamed, {
        settings: { logger },
        outside: [
          (_req, res, next) => {
            Object.defineProperty(res, fixed, { value: res[fixed].bind(res) })
            next()
          },
        ],
      })
      const response = await fetchRaw(port)
      expect([response.body.toString(), response.header('etag')]).toEqual([PAGE, '"v1"'])
      expect(logger.errors).toEqual([{ err: expect.any(TypeError) }])
    },
  )

  test('inserts snippets literally', async () => {
    const html = "<script>s='$& $1 $$ %d %20 %s'</script>"
    const { port } = await serveFiltered(oneShot, {
      settings: { snippets: [{ name: 'odd', placement: 'body-end', html }] },
    })
    expect((await fetchRaw(port)).body.toString()).toContain(`${html}</body>`)
  })
})
