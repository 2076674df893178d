// Rules 1, 22 and 26 for a page that comes compressed: among other middlewares, and when the filter itself fails.
import type { ServerResponse } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Inserter } from '@facsimile/core'
import type { Middleware } from '@facsimile/express'
import compression from 'compression'
import session from 'express-session'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  createTestFacsimile,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serveFiltered,
  withSnippets,
} from '../../support/filtered-site.js'
import { GZIP, inPieces, longPage, type Send, WAYS } from '../support/coded-bodies.js'

afterEach(() => void jest.restoreAllMocks())

const VIEWER = { allowedAddresses: ['127.0.0.1'] }
/** Our own encoder would give other bytes. */
const BODY = GZIP.encode(Buffer.from(PAGE))
const LONG_PAGE = longPage(1_000_000)

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', 'gzip')

describe('rule 1: a compressed page', () => {
  test.each(['inside', 'outside'] as const)(
    'of which one Facsimile inserts, and another one, %s of it, stores: both do, at the pace of the client',
    async (side) => {
      const storing = createTestFacsimile({ ...VIEWER, disableFilter: true, disableCache: false, fetchPath: '/copies' })
      let send: Send = () => undefined
      let page = ''
      let token: string | undefined
      const { port } = await serveFiltered(
        (_req, res) => {
          token = storing.tokenFor(res)
          send(html(res), gzipSync(page, { level: 1 }))
        },
        { [side]: [storing.middleware] },
      )
      for (page of [PAGE, LONG_PAGE]) {
        for (const way of ['whole', 'after writeHead()', 'in two halves', 'through pipe()']) {
          send = WAYS[way] ?? send
          const connection = await openConnection(port)
          connection.socket.pause()
          connection.send(requestText())
          setTimeout(() => connection.socket.resume(), 20)
          expect(gunzipSync((await connection.read()).body).equals(Buffer.from(withSnippets(page)))).toBe(true)
          connection.destroy()
          await storing.flush()
          // Further out, what it stores is what came to it.
          const copy = await fetchRaw(port, { path: `/copies?t=${String(token)}` })
          expect(copy.body.toString() === (side === 'inside' ? page : withSnippets(page))).toBe(true)
        }
      }
    },
  )

  test.each(['inside', 'outside'] as const)(
    'that two Facsimiles make, the other one %s, has ended for its application when that ends it, and stays so',
    async (side) => {
      const storing = createTestFacsimile({ ...VIEWER, disableFilter: true, disableCache: false })
      const page = longPage(3_000_000)
      const ended: boolean[] = []
      const seen = { lateDrains: 0, isClosed: false }
      const { port } = await serveFiltered(
        (_req, res) => {
          storing.tokenFor(res)
          const pieces = inPieces(gzipSync(page), 8000)
          const watch = () => {
            ended.push(res.writableEnded)
            if (!res.writableFinished && !seen.isClosed) setImmediate(watch)
          }
          res.on('drain', () => (seen.lateDrains += Number(res.writableEnded)))
          res.on('close', () => (seen.isClosed = true))
          const writeNext = () => {
            const piece = pieces.shift()
            if (piece !== undefined) return res.write(piece, writeNext)
            res.end()
            watch()
            return true
          }
          html(res)
          writeNext()
        },
        { [side]: [storing.middleware] },
      )
      expect(gunzipSync((await fetchRaw(port)).body).toString() === withSnippets(page)).toBe(true)
      await eventually('it is closed', () => seen.isClosed)
      expect(new Set(ended)).toEqual(new Set([true]))
      expect(seen.lateDrains).toBe(0)
    },
  )

  test.each(['inside', 'outside'] as const)(
    'that was ended has no drain any more, though a Facsimile %s of the filter goes on making it',
    async (side) => {
      const storing = createTestFacsimile({ ...VIEWER, disableFilter: true, disableCache: false })
      const page = longPage(3_000_000)
      let drains = 0
      const { port } = await serveFiltered(
        (_req, res) => {
          storing.tokenFor(res)
          res.on('drain', () => drains++)
          html(res).write(gzipSync(page))
          res.end()
        },
        { [side]: [storing.middleware] },
      )
      expect(gunzipSync((await fetchRaw(port)).body).toString() === withSnippets(page)).toBe(true)
      expect(drains).toBe(0)
    },
  )

  test('gets each snippet once behind two Facsimiles that insert', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(BODY), {
      inside: [createTestFacsimile().middleware],
    })
    expect(gunzipSync((await fetchRaw(port)).body).toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each(['inside', 'outside'] as const)('passes a session %s of the filter, and a compression', async (side) => {
    const sessions = session({ secret: 's', resave: true, saveUninitialized: true }) as unknown as Middleware
    const compressing = compression({ threshold: 0 }) as unknown as Middleware
    for (const order of [[sessions], [sessions, compressing], [compressing, sessions]]) {
      for (const [page, way] of [
        [PAGE, 'whole'],
        [LONG_PAGE, 'whole'],
        [LONG_PAGE, 'through pipe()'],
      ] as const) {
        const { port } = await serveFiltered((_req, res) => WAYS[way]?.(html(res), gzipSync(page)), {
          stack: 'Express 5',
          [side]: order,
        })
        const response = await fetchRaw(port, { headers: { 'Accept-Encoding': 'gzip' } })
        expect(response.header('set-cookie')).toContain('connect.sid')
        expect(gunzipSync(response.body).equals(Buffer.from(withSnippets(page)))).toBe(true)
      }
    }
  })

  test('that was ended stays ended for its application when the client goes away', async () => {
    const seen: unknown[] = []
    const { port } = await serveFiltered((_req, res) => {
      html(res).end(gzipSync(longPage(20_000_000), { level: 1 }))
      res.on('close', () => seen.push(res.writableEnded, res.writableFinished))
    })
    const connection = await openConnection(port)
    connection.socket.pause()
    connection.send(requestText())
    await eventually('it has come', () => connection.socket.bytesRead > 0)
    connection.destroy()
    await eventually('the handler is told', () => seen.length > 0)
    expect(seen).toEqual([true, false])
  })
})

describe('rules 22 and 26: a failing Facsimile', () => {
  const sends = [
    ['push', WAYS['whole'], 'skipped; reason=error'],
    ['end', WAYS['whole'], 'skipped; reason=error'],
    ['push', WAYS['in two halves'], 'skipped; reason=error'],
    ['push', WAYS['after writeHead()'], 'injected; snippets=2'],
  ] as const

  test.each(sends)(
    'leaves a compressed page as it came when the inserter fails in %s',
    async (method, send, status) => {
      const errors: unknown[] = []
      const ignore = () => undefined
      const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void errors.push(fields) }
      const error = new Error('a bug')
      jest.spyOn(Inserter.prototype, method).mockImplementation(() => {
        throw error
      })
      const { port } = await serveFiltered((_req, res) => send?.(html(res), BODY), { settings: { ...VIEWER, logger } })
      const response = await fetchRaw(port)
      expect([response.body, response.header('facsimile-status')]).toEqual([BODY, status])
      expect(errors).toEqual([{ err: error }])
    },
  )

  test('goes on with the page as the application writes it when the inserter fails later', async () => {
    let finish!: () => void
    const halves = [PAGE.slice(0, 60), PAGE.slice(60)].map((half) => gzipSync(half))
    const { port } = await serveFiltered((_req, res) => {
      html(res).write(halves[0])
      finish = () => res.end(halves[1])
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await eventually(
      'the first half has come',
      () => connection.unread.length > connection.unread.indexOf('\r\n\r\n') + 20,
    )
    for (const method of ['push', 'passes'] as const) {
      jest.spyOn(Inserter.prototype, method).mockImplementation(() => {
        throw new Error('a bug')
      })
    }
    finish()
    const text = gunzipSync((await connection.read()).body).toString()
    expect(text).toBe(PAGE_WITH_SNIPPETS.replace('<script>b=1</script>', ''))
    connection.destroy()
  })
})
