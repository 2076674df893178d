// Rules 3 and 4: the result depends on the page alone, not on how it was cut, encoded or handed over.
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw, openConnection } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, withSnippets } from '../../support/filtered-site.js'

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')

describe('rule 4: any way of writing gives the same page', () => {
  test('two writes, split at every offset', async () => {
    const { port } = await serveFiltered((req, res) => {
      const at = Number(req.url?.slice(1))
      html(res).write(PAGE.slice(0, at))
      res.end(PAGE.slice(at))
    })
    const connection = await openConnection(port)
    for (let at = 0; at <= PAGE.length; at++) {
      const { body } = await connection.ask({ path: `/${at}` })
      expect(`${at} ${body.toString()}`).toBe(`${at} ${PAGE_WITH_SNIPPETS}`)
    }
    connection.destroy()
  })

  test.each(['<', '</', '</bo', '</body></html>', '</body>\n<!--'])(
    'a write that ends in %j, and a long one after it',
    async (held) => {
      for (const length of [505, 511, 512, 513, 600, 5_000]) {
        const start = `<!doctype html><html><head></head><body>${held}`
        const page = `${start}${'-->'.padEnd(length - 14, 'x')}</body></html>`
        const at = start.length
        const { port } = await serveFiltered((_req, res) => {
          html(res).write(page.slice(0, at))
          res.end(page.slice(at))
        })
        expect((await fetchRaw(port)).body.toString()).toBe(withSnippets(page))
      }
    },
  )

  test('one byte per write', async () => {
    const { port } = await serveFiltered((_req, res) => {
      html(res)
      for (const byte of Buffer.from(PAGE)) res.write(Buffer.of(byte))
      res.end()
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a Buffer that is filled anew for each write', async () => {
    const { port } = await serveFiltered((_req, res) => {
      html(res)
      const shared = Buffer.alloc(16)
      const send = (at: number): void => {
        if (at >= PAGE.length) return void res.end()
        const length = shared.write(PAGE.slice(at, at + 16))
        // Node may keep the bytes until they are written, so the application changes them no earlier.
        res.write(shared.subarray(0, length), () => {
          shared.fill(0x21)
          send(at + 16)
        })
      }
      send(0)
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['a Uint8Array that is a part of a larger one', new TextEncoder().encode(`##${PAGE}##`).subarray(2, -2)],
    ['an Uint8Array of its own', new TextEncoder().encode(PAGE)],
  ])('%s', async (_name, chunk) => {
    const { port } = await serveFiltered((_req, res) => {
      html(res).write(chunk.subarray(0, 50))
      res.end(chunk.subarray(50))
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each(['hex', 'base64', 'base64url', 'latin1', 'binary', 'ascii', 'utf8', 'UTF-8'] as BufferEncoding[])(
    'strings with the encoding %s',
    async (encoding) => {
      const [start, rest] = [PAGE.slice(0, 41), PAGE.slice(41)].map((part) => Buffer.from(part).toString(encoding))
      const { port } = await serveFiltered((_req, res) => {
        html(res).write(start, encoding)
        res.end(rest, encoding)
      })
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    },
  )

  test('a string with the encoding utf16le has other bytes, and they pass as they are', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE, 'utf16le'))
    expect((await fetchRaw(port)).body).toEqual(Buffer.from(PAGE, 'utf16le'))
  })

  test('a string with an encoding that does not exist is left to Node', async () => {
    const codes: unknown[] = []
    const { port } = await serveFiltered((_req, res) => {
      try {
        html(res).write(PAGE, 'morse' as BufferEncoding)
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
      res.destroy()
    })
    await expect(fetchRaw(port)).rejects.toThrow('ended')
    expect(codes).toEqual(['ERR_UNKNOWN_ENCODING'])
  })
})

describe('rule 3: every other byte leaves as it came', () => {
  const around = (bytes: Buffer) =>
    Buffer.concat([Buffer.from('<!doctype html><html><head></head><body>'), bytes, Buffer.from('</body></html>')])

  test.each([
    ['a byte order mark', Buffer.from('\ufeff<!doctype html><html><head></head><body></body></html>')],
    ['NUL', around(Buffer.from('a\0b'))],
    ['CR LF', around(Buffer.from('a\r\nb\rc\nd'))],
    ['invalid UTF-8', around(Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80]))],
    ['multibyte characters', around(Buffer.from('Grüße 茶 🫖'))],
    ['every byte value', around(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))],
  ])('%s, whole and byte by byte', async (_name, page) => {
    const { port } = await serveFiltered((req, res) => {
      html(res)
      if (req.url === '/whole') return res.end(page)
      for (const byte of page) res.write(Buffer.of(byte))
      return res.end()
    })
    const expected = withSnippets(page.toString('latin1'))
    expect((await fetchRaw(port, { path: '/whole' })).body.toString('latin1')).toBe(expected)
    expect((await fetchRaw(port, { path: '/bytes' })).body.toString('latin1')).toBe(expected)
  })
})
