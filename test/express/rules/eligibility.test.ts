// Rules 17 and 20: what is no page, or must not be changed, leaves byte for byte as from a bare server.
import type { OutgoingHttpHeaders, RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serveFiltered,
  servePair,
  withSnippets,
} from '../../support/filtered-site.js'

const withoutDate = (wire: Buffer) => wire.toString('latin1').replace(/\r\nDate: [^\r]*/, '')

/** Fails unless the answer is the bare server's, and says for viewers why. */
async function expectUntouched(handler: RequestListener, reason: string) {
  const { bare, filtered } = await servePair(handler)
  expect(withoutDate((await fetchRaw(filtered.port)).wire)).toBe(withoutDate((await fetchRaw(bare.port)).wire))
  const { port } = await serveFiltered(handler, { settings: { allowedAddresses: ['127.0.0.1'] } })
  expect((await fetchRaw(port)).header('facsimile-status')).toBe(`skipped; reason=${reason}`)
}

/** A body that is written in each of the ways that lead to headers of their own. */
const ways = (headers: OutgoingHttpHeaders, body: string | Buffer = PAGE): readonly [string, RequestListener][] => [
  ['writeHead() and end()', (_req, res) => res.writeHead(200, headers).end(body)],
  [
    'setHeader() and end()',
    (_req, res) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value ?? '')
      res.end(body)
    },
  ],
  [
    'writes with a length',
    (_req, res) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value ?? '')
      res.setHeader('Content-Length', Buffer.byteLength(body)).setHeader('ETag', '"v1"')
      res.write(body.slice(0, 20))
      res.end(body.slice(20))
    },
  ],
]

describe('rule 17: what is no page is left alone', () => {
  test.each([
    ['no Content-Type', {}, 'not-html'],
    ['JSON', { 'Content-Type': 'application/json' }, 'not-html'],
    ['plain text', { 'Content-Type': 'text/plain' }, 'not-html'],
    ['JavaScript', { 'Content-Type': 'text/javascript' }, 'not-html'],
    ['XHTML', { 'Content-Type': 'application/xhtml+xml' }, 'not-html'],
    ['a type that only begins like HTML', { 'Content-Type': 'text/html-sandboxed' }, 'not-html'],
    ['plain XML', { 'Content-Type': 'application/xml' }, 'not-html'],
    ['an image in XML', { 'Content-Type': 'image/svg+xml; charset=utf-8' }, 'not-html'],
    ['a type that only sounds like XHTML', { 'Content-Type': 'application/vnd.wap.xhtml+xml' }, 'not-html'],
    [
      'XHTML in a charset that could not be read',
      { 'Content-Type': 'application/xhtml+xml; charset=utf-16' },
      'not-html',
    ],
    ['several types', { 'Content-Type': 'text/html, text/plain' }, 'not-html'],
    ['several types, each with parameters', { 'Content-Type': 'text/html; charset=utf-8, text/plain' }, 'not-html'],
    ['a type that is said twice', { 'Content-Type': 'text/html, text/html' }, 'not-html'],
    ['an empty type', { 'Content-Type': '' }, 'not-html'],
    ['a type without its subtype', { 'Content-Type': 'text' }, 'not-html'],
    ['a type that only contains HTML', { 'Content-Type': 'multipart/related; type="text/html"' }, 'not-html'],
    [
      'a download',
      { 'Content-Type': 'text/html', 'Content-Disposition': 'attachment; filename="a.html"' },
      'attachment',
    ],
    ['no-transform', { 'Content-Type': 'text/html', 'Cache-Control': 'private, No-Transform' }, 'no-transform'],
  ] as [string, OutgoingHttpHeaders, string][])('%s', async (_name, headers, reason) => {
    for (const [, handler] of ways(headers)) await expectUntouched(handler, reason)
  })

  test('an image with the bytes of tags in it', async () => {
    const image = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]), Buffer.from(PAGE)])
    for (const [, handler] of ways({ 'Content-Type': 'image/png' }, image)) await expectUntouched(handler, 'not-html')
  })

  test.each([
    ['a fragment', '<p>Tea</p></body>'],
    ['text', 'Tea'],
    ['nothing', ''],
    ['one byte', '<'],
  ])('%s as text/html', async (_name, body) => {
    await expectUntouched((_req, res) => res.setHeader('Content-Type', 'text/html').end(body), 'fragment')
  })

  test('a fragment that is streamed with its length keeps it', async () => {
    const [, , streamed] = ways({ 'Content-Type': 'text/html' }, '<p>Tea and more of it</p></body>')
    if (streamed !== undefined) await expectUntouched(streamed[1], 'fragment')
  })
})

describe('rule 17: the twins that are pages', () => {
  test.each([
    ['upper case', { 'Content-Type': 'TEXT/HTML' }],
    ['a parameter', { 'Content-Type': 'text/html ; level=1' }],
    ['a profile that holds what looks like more', { 'Content-Type': 'text/html; profile="a, b;charset=utf-16"' }],
    ['a profile with escapes', { 'Content-Type': 'text/html; profile="\\";charset=utf-16, \\\\"; charset=utf-8' }],
    ['two charsets, of which the first counts', { 'Content-Type': 'text/html; charset=utf-8; charset=utf-16' }],
    ['a charset without a name', { 'Content-Type': 'text/html; charset=' }],
    ['a charset in capitals and quotes', { 'Content-Type': 'Text/Html;Charset="UTF-8"' }],
    ['a parameter whose name only ends like it', { 'Content-Type': 'text/html; accept-charset=utf-16' }],
    ['shown inline', { 'Content-Type': 'text/html', 'Content-Disposition': 'inline; filename="attachment.html"' }],
    ['no-store', { 'Content-Type': 'text/html', 'Cache-Control': 'no-store, max-age=0' }],
    ['an extension that only sounds alike', { 'Content-Type': 'text/html', 'Cache-Control': 'x-no-transform-x' }],
  ] as [string, OutgoingHttpHeaders][])('%s', async (_name, headers) => {
    for (const [, handler] of ways(headers)) {
      const { port } = await serveFiltered(handler)
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
  })
})

describe('rule 20: charsets', () => {
  test.each([
    'utf-16',
    'UTF-16LE',
    'utf-16be',
    'utf-32',
    'utf-7',
    'iso-2022-jp',
    'iso-2022-kr',
    'hz-gb-2312',
    'klingon',
  ])('a page in %s is left alone', async (charset) => {
    const headers = { 'Content-Type': `text/html; charset=${charset}` }
    for (const [, handler] of ways(headers)) await expectUntouched(handler, 'charset')
  })

  test('the bytes of a tag within a run of kanji in ISO-2022-JP are left alone', async () => {
    const page = Buffer.concat([
      Buffer.from('<!doctype html><body>\x1b$B'),
      Buffer.from('</body>'),
      Buffer.from('\x1b(B</body>'),
    ])
    const headers = { 'Content-Type': 'text/html; charset="ISO-2022-JP"' }
    for (const [, handler] of ways(headers, page)) await expectUntouched(handler, 'charset')
  })

  test('a page in UTF-16 whose headers do not say so is left alone', async () => {
    const page = Buffer.from(`\ufeff${PAGE}`, 'utf16le')
    await expectUntouched((_req, res) => res.setHeader('Content-Type', 'text/html').end(page), 'fragment')
  })

  test.each([
    ['shift_jis', [0x83, 0x65, 0x83, 0x58, 0x83, 0x5c]],
    ['euc-jp', [0xa5, 0xc6, 0xa5, 0xb9]],
    ['gb18030', [0x81, 0x30, 0x81, 0x30]],
    ['big5', [0xa4, 0x40, 0xb3, 0x5c]],
    ['iso-8859-1', [0xe4, 0xf6, 0xfc]],
    ['windows-1252', [0x80, 0x93, 0x94]],
    ["'Windows-1251'", [0xcf, 0xf0]],
  ])('a page in %s keeps its bytes and gets its snippets', async (label, bytes) => {
    const charset = label.replaceAll("'", '"')
    const page = PAGE.replace('Tea', Buffer.from(bytes).toString('latin1'))
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', `text/html; charset=${charset}`)
      res.write(page.slice(0, 60), 'latin1')
      res.end(page.slice(60), 'latin1')
    })
    expect((await fetchRaw(port)).body.toString('latin1')).toBe(withSnippets(page))
  })

  test('a snippet that is not ASCII goes only into a page that is UTF-8', async () => {
    const settings = { snippets: [{ name: 'tea', placement: 'body-end', html: '<p>茶</p>' } as const] }
    const { port } = await serveFiltered(
      (req, res) => res.setHeader('Content-Type', `text/html; charset=${req.url?.slice(1) ?? ''}`).end(PAGE),
      { settings },
    )
    expect((await fetchRaw(port, { path: '/utf-8' })).body.toString()).toContain('<p>茶</p></body>')
    expect((await fetchRaw(port, { path: '/iso-8859-1' })).body.toString()).toBe(PAGE)
  })

  test('a multibyte character that is split between writes stays whole', async () => {
    const page = Buffer.from(PAGE.replace('Tea', '茶'))
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      const at = page.indexOf(0xe8) + 1
      res.write(page.subarray(0, at))
      res.end(page.subarray(at))
    })
    const body = (await fetchRaw(port)).body.toString()
    expect(body).toContain('<p>茶</p>')
    expect(body).toContain(BODY_SNIPPET)
  })
})
