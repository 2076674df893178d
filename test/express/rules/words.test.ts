// Every word for which a response is passed over is said of some response, and of one at a time.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { WORDS, type PassOver } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { createTestFacsimile, PAGE, serve, serveFiltered, SNIPPETS } from '../../support/filtered-site.js'
import { fetchRaw, type RawRequest } from '../../support/raw-http.js'

interface Case {
  readonly settings?: FacsimileSettings
  readonly request?: RawRequest
  /** What the application answers, beside or in place of `200`, `text/html` and a page. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const CASES: Record<PassOver, Case> = {
  cookie: { request: { headers: { Cookie: 'a=b; WRUID=0' } } },
  privacy: { settings: { privacySignals: ['gpc'] }, request: { headers: { 'Sec-GPC': '1' } } },
  'not-navigation': { request: { headers: { 'Sec-Fetch-Dest': 'empty' } } },
  excluded: { settings: { exclude: ['/p'] }, request: { path: '/p' } },
  'own-path': { request: { path: '/facsimile?t=x' } },
  'sampled-out': { settings: { sampleRatio: 0 } },
  'no-snippets': { settings: { snippets: [{ ...SNIPPETS[0], when: ['/elsewhere'] }] } },
  'already-injected': { headers: { 'Facsimile-Status': 'injected; snippets=1' } },
  'no-body': { status: 204, body: '' },
  redirect: { status: 302, headers: { Location: '/elsewhere' } },
  partial: { status: 206, headers: { 'Content-Range': `bytes 0-${PAGE.length - 1}/999` } },
  'not-html': { headers: { 'Content-Type': 'application/json' } },
  attachment: { headers: { 'Content-Disposition': 'attachment; filename="p.html"' } },
  'no-transform': { headers: { 'Cache-Control': 'no-transform' } },
  encoded: { headers: { 'Content-Encoding': 'exi' } },
  undecodable: { headers: { 'Content-Encoding': 'gzip' } },
  charset: { headers: { 'Content-Type': 'text/html; charset=utf-16' } },
  fragment: { body: '<p>Tea</p>' },
  error: {
    settings: {
      snippets: [
        {
          ...SNIPPETS[0],
          when: () => {
            throw new Error('no')
          },
        },
      ],
    },
  },
}

const skipped: unknown[] = []
const injected: unknown[] = []
const onSkipped = (message: unknown): void => void skipped.push(message)
const onInjected = (message: unknown): void => void injected.push(message)

beforeEach(() => {
  subscribe('facsimile:skipped', onSkipped)
  subscribe('facsimile:injected', onInjected)
})
afterEach(() => {
  unsubscribe('facsimile:skipped', onSkipped)
  unsubscribe('facsimile:injected', onInjected)
  skipped.length = 0
  injected.length = 0
})

const withoutDate = (wire: Buffer) => wire.toString('latin1').replace(/\r\nDate: [^\r]*/, '')

test.each(Object.keys(WORDS['passed over']) as PassOver[])(
  '%s: the bytes of a bare server, one event and, for viewers, one word',
  async (word) => {
    const { settings = {}, request, status = 200, headers, body = PAGE } = CASES[word]
    const handler: RequestListener = (_req, res) => {
      res.statusCode = status
      for (const [name, value] of Object.entries({ 'Content-Type': 'text/html', ...headers }))
        res.setHeader(name, value)
      res.end(body)
    }
    const site = (more: FacsimileSettings) => {
      const facsimile = createTestFacsimile({ ...settings, ...more })
      // Without the fetcher, so that the filter meets its path too.
      return serveFiltered(handler, { facsimile: { ...facsimile, middleware: facsimile.responseFilter } })
    }
    const expected = await fetchRaw((await serve(handler)).port, request)
    const actual = await fetchRaw((await site({})).port, request)
    expect(withoutDate(actual.wire)).toBe(withoutDate(expected.wire))
    expect([skipped, injected]).toEqual([[{ reason: word }], []])
    const seen = await fetchRaw((await site({ allowedAddresses: ['127.0.0.1'] })).port, request)
    // What the Facsimile further in says stays.
    const before = word === 'already-injected' ? `${String(headers?.['Facsimile-Status'])}, ` : ''
    const said = `${before}skipped; reason=${word}`
    expect(seen.header('facsimile-status')).toBe(said)
  },
)

test('a page that is said to be a part only, whatever its status, is passed over as such', async () => {
  const { port } = await serveFiltered((_req, res) =>
    res.setHeader('Content-Type', 'text/html').setHeader('Content-Range', 'bytes 0-9/20').end(PAGE),
  )
  await fetchRaw(port)
  expect([skipped, injected]).toEqual([[{ reason: 'partial' }], []])
})

test.each([99, 1000])('a page of status %i, which Node refuses, has no body', async (status) => {
  const { port } = await serveFiltered((_req, res) => {
    try {
      res.writeHead(status, { 'Content-Type': 'text/html' })
    } catch {
      res.writeHead(500).end()
    }
  })
  expect((await fetchRaw(port)).status).toBe(500)
  expect([skipped, injected]).toEqual([[{ reason: 'no-body' }], []])
})

test('a page of any other kind is injected and said to be', async () => {
  const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE))
  await fetchRaw(port)
  expect([skipped, injected]).toEqual([[], [{ snippets: 2 }]])
})
