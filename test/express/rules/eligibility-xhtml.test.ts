// Rule 17: XHTML is left alone, unless `xhtml` is set and so every snippet has been proved well-formed.
import type { RequestListener } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { SaxesParser } from 'saxes'
import type { FacsimileSettings } from '@facsimile/express'
import { createTestFacsimile, serve, serveFiltered } from '../../support/filtered-site.js'
import { eventually } from '../../support/eventually.js'
import { fetchRaw } from '../../support/raw-http.js'

const PAGE = `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><script><![CDATA["</body>"]]></script><p>Tea</p></body></html>
`
const HEAD = '<meta name="a" content="b"/>'
const BODY = '<script>\n//<![CDATA[\nb = 1 < 2\n//]]>\n</script>'
const WITH_SNIPPETS = PAGE.replace('</head>', `${HEAD}</head>`).replace('</p></body>', `</p>${BODY}</body>`)
const SETTINGS: FacsimileSettings = {
  xhtml: true,
  allowedAddresses: ['127.0.0.1'],
  snippets: [
    { name: 'head', placement: 'head-end', html: HEAD },
    { name: 'body', placement: 'body-end', html: BODY },
  ],
}

/** `/type/size`: a page of this type, written in pieces of this size. */
const handler: RequestListener = (req, res) => {
  const [, type = '', size = ''] = (req.url ?? '').split('!')
  res.setHeader('Content-Type', decodeURIComponent(type))
  if (size === '') {
    res.end(PAGE)
    return
  }
  for (let at = 0; at < PAGE.length; at += Number(size)) res.write(PAGE.slice(at, at + Number(size)))
  res.end()
}
const pathOf = (type: string, size = '') => `/!${encodeURIComponent(type)}!${size}`

describe('with `xhtml`', () => {
  test.each([
    'application/xhtml+xml',
    'Application/XHTML+XML; Charset="UTF-8"',
    'application/xhtml+xml; profile="http://www.w3.org/1999/xhtml"',
    'application/xhtml+xml; charset=iso-8859-1',
  ])('%s gets its snippets, whole and in pieces', async (type) => {
    const { port } = await serveFiltered(handler, { settings: SETTINGS })
    for (const size of ['', '1', '30', '150']) {
      const response = await fetchRaw(port, { path: pathOf(type, size) })
      expect(response.body.toString()).toBe(WITH_SNIPPETS)
      expect(response.header('facsimile-status')).toBe('injected; snippets=2')
    }
  })

  test.each([
    ['in a charset that is no superset of ASCII', 'application/xhtml+xml; charset=utf-16', 'charset'],
    ['of another type in XML', 'application/atom+xml', 'not-html'],
  ])('a document %s is left alone', async (_what, type, word) => {
    const { port } = await serveFiltered(handler, { settings: SETTINGS })
    const response = await fetchRaw(port, { path: pathOf(type) })
    expect([response.body.toString(), response.header('facsimile-status')]).toEqual([PAGE, `skipped; reason=${word}`])
  })

  test.each([
    ['whose declaration names ISO-2022-JP', PAGE.replace('utf-8', 'iso-2022-jp'), 'charset'],
    ['in UTF-16', Buffer.from(`\ufeff${PAGE}`, 'utf16le'), 'charset'],
    ['with another root', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'fragment'],
  ])('a document %s is left alone and not stored', async (_what, body, word) => {
    const facsimile = createTestFacsimile({ ...SETTINGS, disableCache: false })
    const compressed = gzipSync(body)
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('Content-Type', 'application/xhtml+xml')
        if (req.url === '/gzip') res.setHeader('Content-Encoding', 'gzip').end(compressed)
        else res.end(body)
      },
      { facsimile },
    )
    for (const [path, bytes] of [['/', Buffer.from(body)] as const, ['/gzip', compressed] as const]) {
      const response = await fetchRaw(port, { path })
      expect(response.body.equals(bytes)).toBe(true)
      expect(response.header('facsimile-status')).toBe(`skipped; reason=${word}`)
    }
  })

  test('a page that comes compressed gets its snippets', async () => {
    const { port } = await serveFiltered(
      (_req, res) =>
        res
          .setHeader('Content-Type', 'application/xhtml+xml')
          .setHeader('Content-Encoding', 'gzip')
          .end(gzipSync(PAGE)),
      { settings: SETTINGS },
    )
    expect(gunzipSync((await fetchRaw(port)).body).toString()).toBe(WITH_SNIPPETS)
  })

  test('a page in text/html is read as HTML, whatever it looks like', async () => {
    const { port } = await serveFiltered(handler, { settings: SETTINGS })
    const html = (await fetchRaw(port, { path: pathOf('text/html') })).body.toString()
    // There `<title/>` is no empty element, and swallows the head's end.
    expect(html).not.toBe(WITH_SNIPPETS)
    expect(html.replace(HEAD, '').replace(BODY, '')).toBe(PAGE)
  })

  test('pages stay well-formed whatever the token is, and their copies are the application’s', async () => {
    const facsimile = createTestFacsimile({
      ...SETTINGS,
      disableCache: false,
      stickyCookies: ['S'],
      snippets: [
        { name: 'url', placement: 'head-start', html: '<script>u = %FetchUrl%</script>' },
        { name: 'attribute', placement: 'body-start', html: "<p id='%CacheToken%' title='%FetchUrl%'></p>" },
      ],
    })
    const { port } = await serve((req, res) => facsimile.middleware(req, res, () => handler(req, res)))
    for (let round = 0; round < 200; round++) {
      const page = await fetchRaw(port, {
        path: pathOf('application/xhtml+xml'),
        headers: { Cookie: `S=<&"'>]]>--${round}` },
      })
      const parser = new SaxesParser({ xmlns: true })
      let script = ''
      parser.on('text', (text) => (script += text))
      parser.write(page.body.toString()).close()
      const url = /u = "([^"]+)"/.exec(script)?.[1] ?? ''
      expect(url).toMatch(/^\/facsimile\?t=[\w-]{32}#/)
      if (round > 0) continue
      const path = url.slice(0, url.indexOf('#'))
      await eventually('the copy is there', async () => {
        const copy = await fetchRaw(port, { path })
        expect([copy.header('content-type'), copy.body.toString()]).toEqual(['application/xhtml+xml', PAGE])
        return copy.status === 200
      })
    }
  })
})
