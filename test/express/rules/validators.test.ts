// Rules 13 and 14: entity tags, dates and digests speak of the bytes that leave, and never bring an old snippet back.
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import express, { type Express } from 'express'
import { fetchRaw, type RawResponse } from '../../support/raw-http.js'
import {
  createTestFacsimile,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  SNIPPETS,
} from '../../support/filtered-site.js'
import type { FacsimileSettings } from '@facsimile/express'

const NAVIGATION = { Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }
const TOKEN_SNIPPET = { name: 'token', placement: 'body-end', html: '<script>t=%FetchUrl%</script>' } as const

function createApp(settings: FacsimileSettings): Express {
  const app = express()
  app.use(createTestFacsimile(settings).middleware)
  app.get('/', (_req, res) => res.set('Last-Modified', 'Sat, 01 Nov 2025 00:00:00 GMT').send(PAGE))
  app.get('/style.css', (_req, res) => res.type('css').send('p { color: red }'))
  app.get('/file', (_req, res) => res.sendFile('test/support/page.html', { root: process.cwd() }))
  return app
}

const serveApp = (settings: FacsimileSettings = {}) => serve(createApp(settings))

function tagOf(response: RawResponse): string {
  const tag = response.header('etag')
  if (tag === undefined) throw new Error('The answer has no ETag.')
  return tag
}

describe('rule 13: without a token in the page', () => {
  test('the tag of a page is weak, and is another one than that of the page as it was', async () => {
    const { port } = await serveApp()
    const { port: barePort } = await serve(express().get('/', (_req, res) => res.send(PAGE)))
    const tag = tagOf(await fetchRaw(port))
    expect(tag).toMatch(/^W\/"/)
    expect(tag).not.toBe(tagOf(await fetchRaw(barePort)))
  })

  test.each([NAVIGATION, { Accept: '*/*' }])(
    'our own tag brings a 304 without a body, with the same tag (%j)',
    async (headers) => {
      const { port } = await serveApp()
      const first = await fetchRaw(port, { headers })
      const again = await fetchRaw(port, { headers: { ...headers, 'If-None-Match': tagOf(first) } })
      expect(again.status).toBe(304)
      expect(again.body).toHaveLength(0)
      expect(tagOf(again)).toBe(tagOf(first))
      expect(again.header('vary')).toBe(first.header('vary'))
      expect(again.header('content-length')).toBeUndefined()
    },
  )

  test('a 304 varies by what the page varied by, with what the application says', async () => {
    const { port } = await serveFiltered((req, res) => {
      res.setHeader('ETag', '"v1"').setHeader('Vary', 'Accept-Language').setHeader('Content-Type', 'text/html')
      if (req.headers['if-none-match'] === '"v1"') return res.writeHead(304).end()
      return res.end(PAGE)
    })
    const first = await fetchRaw(port)
    const again = await fetchRaw(port, { headers: { ...NAVIGATION, 'If-None-Match': tagOf(first) } })
    expect([again.status, again.header('vary')]).toEqual([304, first.header('vary')])
    expect(first.header('vary')).toMatch(/^Accept-Language, Cookie, /)
  })

  test('our own tag is found in a list, after tags of others', async () => {
    const { port } = await serveApp()
    const own = tagOf(await fetchRaw(port))
    const headers = { ...NAVIGATION, 'If-None-Match': `"a,b", W/"c" , ${own}` }
    expect((await fetchRaw(port, { headers })).status).toBe(304)
  })

  test('a client that does not ask for a page by name has its other tags shown to the application as well', async () => {
    const asked: unknown[] = []
    const { port } = await serveFiltered((req, res) => {
      asked.push(req.headers['if-none-match'])
      res.setHeader('ETag', '"v1"').setHeader('Content-Type', 'text/html').end(PAGE)
    })
    const own = tagOf(await fetchRaw(port))
    await fetchRaw(port, { headers: { 'If-None-Match': `"other", ${own}, W/"third"` } })
    await fetchRaw(port, { headers: { 'If-None-Match': '"other", "third"' } })
    expect(asked).toEqual([undefined, '"v1", "other", W/"third"', '"other", "third"'])
  })

  test('an application that compares tags as text gets back what it gave', async () => {
    for (const given of ['"v1"', 'W/"v1"', '"a,b"']) {
      const { port } = await serveFiltered((req, res) => {
        res.setHeader('ETag', given)
        if (req.headers['if-none-match'] === given) return res.writeHead(304).end()
        return res.setHeader('Content-Type', 'text/html').end(PAGE)
      })
      const tag = tagOf(await fetchRaw(port))
      const again = await fetchRaw(port, { headers: { ...NAVIGATION, 'If-None-Match': tag } })
      expect(`${again.status} ${tagOf(again)}`).toBe(`304 ${tag}`)
    }
  })

  test('a tag of another snippet set brings the page with the new snippets', async () => {
    const { port: oldPort } = await serveApp({ snippets: [{ ...SNIPPETS[0], html: '<script>old=1</script>' }] })
    const { port } = await serveApp()
    for (const headers of [NAVIGATION, { Accept: '*/*' }]) {
      const tag = tagOf(await fetchRaw(oldPort))
      const response = await fetchRaw(port, { headers: { ...headers, 'If-None-Match': tag } })
      expect(response.status).toBe(200)
      expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
  })

  test.each([
    ['the tag that the page had before', (tag: string) => ({ 'If-None-Match': tag })],
    ['any tag', () => ({ 'If-None-Match': '*' })],
    ['a date', () => ({ 'If-Modified-Since': 'Sat, 01 Nov 2025 00:00:00 GMT' })],
  ])('%s brings no 304 to a browser', async (_name, condition) => {
    const { port } = await serveApp()
    const { port: barePort } = await serve(express().get('/', (_req, res) => res.send(PAGE)))
    const bareTag = tagOf(await fetchRaw(barePort))
    const response = await fetchRaw(port, { headers: { ...NAVIGATION, ...condition(bareTag) } })
    expect(response.status).toBe(200)
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a page has no Last-Modified, by which an old snippet could survive', async () => {
    const { port } = await serveApp()
    expect((await fetchRaw(port)).header('last-modified')).toBeUndefined()
    expect((await fetchRaw(port, { path: '/file' })).header('last-modified')).toBeUndefined()
  })

  test('a tag that is none is dropped', async () => {
    const { port } = await serveFiltered((_req, res) =>
      res.setHeader('Content-Type', 'text/html').setHeader('ETag', 'unquoted').end(PAGE),
    )
    expect((await fetchRaw(port)).header('etag')).toBeUndefined()
  })
})

describe('rule 13: with a token in the page', () => {
  const settings = { disableCache: false, snippets: [TOKEN_SNIPPET] }

  test('the page has nothing that a browser could ask with', async () => {
    const { port } = await serveApp(settings)
    for (const path of ['/', '/file']) {
      const response = await fetchRaw(port, { path })
      expect(response.header('etag')).toBeUndefined()
      expect(response.header('last-modified')).toBeUndefined()
    }
  })

  test.each([
    ['a tag', { 'If-None-Match': '*' }],
    ['a date', { 'If-Modified-Since': 'Sat, 01 Nov 2055 00:00:00 GMT' }],
    ['a range', { Range: 'bytes=0-9' }],
  ])('a browser that asks with %s all the same gets a page with a token of its own', async (_name, condition) => {
    const { port } = await serveApp(settings)
    const tokens = new Set<string>()
    for (let visit = 0; visit < 3; visit++) {
      const response = await fetchRaw(port, { path: '/file', headers: { ...NAVIGATION, ...condition } })
      expect(response.status).toBe(200)
      tokens.add(/\?t=([\w-]{32})/.exec(response.body.toString())?.[1] ?? '')
    }
    expect(tokens.size).toBe(3)
  })

  test('a tag from before pages were stored, which names the very same snippets, brings no 304', async () => {
    const { port: oldPort } = await serveApp({ snippets: [TOKEN_SNIPPET] })
    const tag = tagOf(await fetchRaw(oldPort))
    const { port } = await serveApp(settings)
    const response = await fetchRaw(port, { headers: { ...NAVIGATION, 'If-None-Match': tag } })
    expect(response.status).toBe(200)
    expect(response.body.toString()).toMatch(/\?t=[\w-]{32}/)
  })

  test('so does a page that gets its token from the application', async () => {
    const facsimile = createTestFacsimile({ disableCache: false, snippets: [] })
    const { port } = await serveFiltered(
      (req, res) => {
        const token = facsimile.tokenFor(res) ?? 'none'
        res.setHeader('ETag', '"v1"')
        if (req.headers['if-none-match'] !== undefined) return res.writeHead(304).end()
        return res.setHeader('Content-Type', 'text/html').end(PAGE.replace('Tea', token))
      },
      { facsimile },
    )
    const response = await fetchRaw(port, { headers: { ...NAVIGATION, 'If-None-Match': '"v1"' } })
    expect(response.status).toBe(200)
    expect(response.header('etag')).toBeUndefined()
    expect(response.body.toString()).toMatch(/<p>[\w-]{32}<\/p>/)
  })
})

describe('rule 13: what is no page', () => {
  test('an application that asks for a token where nothing is stored gets its 304', async () => {
    const facsimile = createTestFacsimile({ disableCache: true })
    const { port } = await serveFiltered(
      (req, res) => {
        facsimile.tokenFor(res)
        res.setHeader('ETag', '"v1"').setHeader('Content-Type', 'text/html')
        if (req.headers['if-none-match'] === '"v1"') return res.writeHead(304).end()
        return res.end(PAGE)
      },
      { facsimile },
    )
    const tag = tagOf(await fetchRaw(port))
    expect((await fetchRaw(port, { headers: { ...NAVIGATION, 'If-None-Match': tag } })).status).toBe(304)
  })

  test('a client that does not ask for a page by name asks as it did, also where the application wants a token', async () => {
    const facsimile = createTestFacsimile({ disableCache: false, snippets: [] })
    const asked: unknown[] = []
    const { port } = await serveFiltered(
      (req, res) => {
        facsimile.tokenFor(res)
        asked.push(req.headers['if-none-match'])
        res.writeHead(304).end()
      },
      { facsimile },
    )
    for (const headers of [{ Accept: '*/*' }, {}, NAVIGATION]) {
      await fetchRaw(port, { headers: { ...headers, 'If-None-Match': '"v1"' } })
    }
    expect(asked).toEqual(['"v1"', '"v1"', undefined])
  })

  test.each([
    ['without a token', {}],
    ['with a token', { disableCache: false, snippets: [TOKEN_SNIPPET] }],
  ] as [string, FacsimileSettings][])('an asset keeps its own tag and its 304 (%s)', async (_name, settings) => {
    const { port } = await serveApp(settings)
    const headers = { Accept: 'text/css,*/*;q=0.1' }
    const first = await fetchRaw(port, { path: '/style.css', headers })
    const own = createHash('sha1').update('p { color: red }').digest('base64').slice(0, 27)
    expect(tagOf(first)).toContain(own)
    const again = await fetchRaw(port, { path: '/style.css', headers: { ...headers, 'If-None-Match': tagOf(first) } })
    expect(again.status).toBe(304)
    expect(tagOf(again)).toBe(tagOf(first))
  })
})

describe('rule 14: what speaks of the exact bytes goes when they change', () => {
  const DIGESTS = ['Accept-Ranges', 'Content-MD5', 'Digest', 'Content-Digest', 'Repr-Digest']
  const handler: RequestListener = (_req, res) => {
    for (const name of DIGESTS) res.setHeader(name, 'some')
    res.setHeader('Content-Type', 'text/html').end(PAGE)
  }

  test('a page with snippets has no digest', async () => {
    const { port } = await serveFiltered(handler)
    const response = await fetchRaw(port)
    expect(DIGESTS.filter((name) => response.header(name) !== undefined)).toEqual([])
  })

  test('a page without snippets keeps them', async () => {
    const { port } = await serveFiltered(handler, { settings: { disableFilter: true, disableCache: false } })
    const response = await fetchRaw(port)
    expect(DIGESTS.filter((name) => response.header(name) === undefined)).toEqual([])
    expect(response.body.toString()).toBe(PAGE)
  })

  test('a browser that asks for a range of a page gets the whole page', async () => {
    const { port } = await serveApp()
    const headers = { ...NAVIGATION, Range: 'bytes=0-9', 'If-Range': '"some"' }
    const response = await fetchRaw(port, { path: '/file', headers })
    expect(response.status).toBe(200)
    expect(response.body.toString()).toContain(SNIPPETS[1].html)
  })

  test('a client that does not ask for a page by name gets the range untouched', async () => {
    const { port } = await serveApp()
    const response = await fetchRaw(port, { path: '/file', headers: { Range: 'bytes=0-9' } })
    expect(response.status).toBe(206)
    expect(response.header('content-range')).toMatch(/^bytes 0-9\/\d+$/)
    expect(response.body.toString()).toBe('<!doctype ')
  })
})
