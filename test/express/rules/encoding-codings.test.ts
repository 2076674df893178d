// Rule 19: a page that comes compressed gets its snippets, and leaves in the coding it came in.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw, openConnection } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, serveFiltered, withSnippets } from '../../support/filtered-site.js'
import { CODINGS, GZIP, inPieces, longPage, WAYS, type Send } from '../support/coded-bodies.js'

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'head-start', html: '<script>t=%FetchUrl%</script>' } as const
const PAGES = {
  short: PAGE,
  long: longPage(300_000),
  expanding: longPage(100_000).replaceAll('tea', '<i>tea</i>'.repeat(100)),
}

const coded = (res: ServerResponse, header: string, type = 'text/html') =>
  res.setHeader('Content-Type', type).setHeader('Content-Encoding', header)

describe.each(Object.entries(CODINGS))('rule 19: a page in %s', (_name, { header, encode, decode }) => {
  test.each(Object.entries(WAYS))('gets its snippets and keeps its coding, given %s', async (way, send) => {
    let page = ''
    const { port } = await serveFiltered((_req, res) => send(coded(res, header), encode(Buffer.from(page))))
    const connection = await openConnection(port)
    // The longer ones byte by byte would show nothing more.
    for (page of way === 'byte by byte' ? [PAGES.short] : Object.values(PAGES)) {
      const response = await connection.ask()
      expect(response.header('content-encoding')).toBe(header)
      expect(response.framing).toBe('chunked')
      expect(decode(response.body).equals(Buffer.from(withSnippets(page)))).toBe(true)
    }
    connection.destroy()
  })

  test('is stored as it was before it was compressed', async () => {
    const page = PAGES.long
    const facsimile = createTestFacsimile({ ...CRAWLER, snippets: [TOKEN_SNIPPET] })
    for (const send of [WAYS['whole'], WAYS['in two halves']]) {
      const { port } = await serveFiltered((_req, res) => send?.(coded(res, header), encode(Buffer.from(page))), {
        facsimile,
      })
      const text = decode((await fetchRaw(port)).body).toString()
      await facsimile.flush()
      const copy = await fetchRaw(port, { path: /t="([^"]+)"/.exec(text)?.[1] ?? '' })
      expect([copy.status, copy.header('content-encoding'), copy.header('content-type')]).toEqual([
        200,
        undefined,
        'text/html',
      ])
      expect(copy.body.equals(Buffer.from(page))).toBe(true)
    }
  })

  test('is stored with its snippets where that is asked for', async () => {
    const facsimile = createTestFacsimile({ ...CRAWLER, snippets: [TOKEN_SNIPPET], storeAs: 'sent' })
    const { port } = await serveFiltered(
      (_req, res) => WAYS['through pipe()']?.(coded(res, header), encode(Buffer.from(PAGE))),
      { facsimile },
    )
    const text = decode((await fetchRaw(port)).body).toString()
    await facsimile.flush()
    expect((await fetchRaw(port, { path: /t="([^"]+)"/.exec(text)?.[1] ?? '' })).body.toString()).toBe(text)
  })

  test.each(Object.entries(WAYS))('leaves byte for byte where it is only stored, given %s', async (_way, send) => {
    const facsimile = createTestFacsimile({ ...CRAWLER, disableFilter: true })
    const fragment = encode(Buffer.from('<li>Tea</li>'))
    const other = await serveFiltered((_req, res) => send(coded(res, header), fragment), { facsimile })
    expect((await fetchRaw(other.port)).body.equals(fragment)).toBe(true)
    const body = encode(Buffer.from(PAGES.long))
    let token: string | undefined
    const { port } = await serveFiltered(
      (_req, res) => {
        token = facsimile.tokenFor(res)
        send(coded(res, header), body)
      },
      { facsimile },
    )
    const response = await fetchRaw(port)
    expect(response.body.equals(body)).toBe(true)
    await facsimile.flush()
    const copy = await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
    expect(copy.body.equals(Buffer.from(PAGES.long))).toBe(true)
  })
})

describe('rule 19: around a page that comes compressed', () => {
  test('a long one that is only stored has the length that Node gives it where it is given whole', async () => {
    const body = gzipSync(PAGES.long)
    const { port } = await serveFiltered((_req, res) => coded(res, 'gzip').end(body), {
      settings: { ...CRAWLER, disableFilter: true },
    })
    const response = await fetchRaw(port)
    expect([response.framing, response.body.equals(body)]).toEqual(['length', true])
  })

  const whole: RequestListener = (_req, res) => coded(res, 'gzip').end(gzipSync(PAGE))

  test('what was said of its bytes goes, as for any page', async () => {
    const { port } = await serveFiltered((req, res) => {
      for (const name of ['Content-MD5', 'Digest', 'Content-Digest', 'Repr-Digest', 'Accept-Ranges'])
        res.setHeader(name, 'bytes')
      res.setHeader('ETag', '"v1"').setHeader('Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT')
      whole(req, res)
    })
    const { lines } = await fetchRaw(port)
    expect(lines.map(([name]) => name)).toEqual([
      'ETag',
      'Content-Type',
      'Content-Encoding',
      'Vary',
      'Date',
      'Connection',
      'Keep-Alive',
      'Transfer-Encoding',
    ])
  })

  test('a one-shot token takes its validators away', async () => {
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('ETag', '"v1"')
        whole(req, res)
      },
      { settings: { ...CRAWLER, snippets: [TOKEN_SNIPPET] } },
    )
    expect((await fetchRaw(port)).header('etag')).toBeUndefined()
  })

  test('HEAD gets the headers of GET', async () => {
    const { port } = await serveFiltered((req, res) => {
      res.setHeader('ETag', '"v1"').setHeader('Content-Length', gzipSync(PAGE).length)
      whole(req, res)
    })
    const head = await fetchRaw(port, { method: 'HEAD' })
    const get = await fetchRaw(port)
    const named = (name: string) => [head.header(name), get.header(name)]
    expect(named('content-length')).toEqual([undefined, undefined])
    for (const name of ['etag', 'vary', 'content-encoding', 'content-type'])
      expect(head.header(name)).toBe(get.header(name))
    expect(head.body).toHaveLength(0)
  })

  test.each(Object.entries(WAYS))(
    'a client of HTTP/1.0 gets it until the connection closes (%s)',
    async (_way, send) => {
      const { port } = await serveFiltered((_req, res) => send(coded(res, 'gzip'), gzipSync(PAGE)))
      const response = await fetchRaw(port, { version: '1.0' })
      expect(response.framing).toBe('close')
      expect(GZIP.decode(response.body).toString()).toBe(withSnippets(PAGE))
    },
  )

  test('requests that come before the answer of the one before them are answered in turn', async () => {
    const page = PAGES.long
    const { port } = await serveFiltered((req: IncomingMessage, res) => {
      const body = gzipSync(page.replace('Shop', `Shop ${req.url ?? ''}`))
      // The later, the sooner.
      setTimeout(() => WAYS['through pipe()']?.(coded(res, 'gzip'), body), 40 - 10 * Number(req.url?.slice(1)))
    })
    const connection = await openConnection(port)
    const paths = ['/1', '/2', '/3', '/4']
    connection.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: site.example\r\n\r\n`).join(''))
    for (const path of paths) {
      const response = await connection.read()
      expect(GZIP.decode(response.body).toString()).toBe(withSnippets(page.replace('Shop', `Shop ${path}`)))
    }
    connection.destroy()
  })

  test.each(['gzip', 'br'])('fetch() takes it (%s)', async (name) => {
    const { header, encode } = CODINGS[name] ?? GZIP
    const { port } = await serveFiltered((_req, res) =>
      WAYS['in two halves']?.(coded(res, header), encode(Buffer.from(PAGES.long))),
    )
    const url = `http://127.0.0.1:${port}/`
    expect(await (await fetch(url)).text()).toBe(withSnippets(PAGES.long))
  })
})

describe('rule 19: what comes compressed and is no page', () => {
  const XHTML = 'application/xhtml+xml'
  const WIDE = Buffer.from('\ufeff<html xmlns="http://www.w3.org/1999/xhtml"><head/></html>', 'utf16le')
  const NO_PAGES: readonly [string, string | Buffer, string][] = [
    ['a fragment', '<li>Tea</li>', 'text/html'],
    ['the start of a tag', '<te', 'text/html'],
    ['an empty text', '', 'text/html'],
    ['XHTML in UTF-16', WIDE, XHTML],
  ]
  const settings = { ...CRAWLER, disableCache: true, xhtml: true }
  const withPauses: Send = async (res, body) => {
    for (const piece of inPieces(body, 8)) await new Promise<void>((resolve) => res.write(piece, () => resolve()))
    res.end()
  }

  test.each(NO_PAGES)('%s leaves as it came, however it is given', async (_name, text, type) => {
    // With a header that says how little it was compressed: ours would say something else.
    const body = GZIP.encode(Buffer.from(text))
    for (const send of [...Object.values(WAYS), withPauses]) {
      const { port } = await serveFiltered((_req, res) => send(coded(res, 'gzip', type), body), { settings })
      expect((await fetchRaw(port)).body).toEqual(body)
    }
  })

  test('is told by its first bytes, and then its headers stay', async () => {
    const sends: Send[] = [
      (res, body) => res.end(body),
      (res, body) => (res.write(body.subarray(0, -4)), res.end(body.subarray(-4))),
    ]
    for (const [name, reason] of [
      ['a fragment', 'fragment'],
      ['XHTML in UTF-16', 'charset'],
    ]) {
      const [, text, type] = NO_PAGES.find((row) => row[0] === name)!
      for (const send of sends) {
        const { port } = await serveFiltered(
          (_req, res) => send(coded(res, 'gzip', type).setHeader('ETag', '"v1"'), GZIP.encode(Buffer.from(text))),
          { settings },
        )
        const response = await fetchRaw(port)
        expect(response.header('facsimile-status')).toBe(`skipped; reason=${String(reason)}`)
        expect(response.header('etag')).toBe('"v1"')
      }
    }
  })

  test('as a body that is not there, is an empty body', async () => {
    const { port } = await serveFiltered((_req, res) => coded(res, 'gzip').end(), { settings })
    const response = await fetchRaw(port)
    expect([response.header('facsimile-status'), response.framing]).toEqual(['skipped; reason=fragment', 'length'])
    expect(response.body).toHaveLength(0)
  })

  test('leaves as it came where much came and nothing could be made of it', async () => {
    // The header of gzip may have a comment of any length (RFC 1952, 2.3).
    const [head, rest] = [gzipSync(PAGE).subarray(0, 10), gzipSync(PAGE).subarray(10)]
    head[3] = 0x10
    const body = Buffer.concat([head, Buffer.alloc(200_000, 'tea'), Buffer.alloc(1), rest])
    expect(GZIP.decode(body).toString()).toBe(PAGE)
    const { port } = await serveFiltered((_req, res) => WAYS['through pipe()']?.(coded(res, 'gzip'), body))
    expect((await fetchRaw(port)).body.equals(body)).toBe(true)
  })
})
