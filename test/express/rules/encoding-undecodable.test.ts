// Rules 19 and 26: what is not what its Content-Encoding says leaves as it came, as far as that is still possible.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import * as zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, HEAD_SNIPPET, PAGE, serveFiltered, withSnippets } from '../../support/filtered-site.js'
import { longPage, type Send } from '../support/coded-bodies.js'

const VIEWER = { allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'head-end', html: '<script>t=%FetchUrl%</script>' } as const

const html = (res: ServerResponse, coding: string) =>
  res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', coding).setHeader('ETag', '"v1"')

const reasons: unknown[] = []
const note = (message: unknown) => void reasons.push((message as { reason: string }).reason)
beforeEach(() => {
  reasons.length = 0
  subscribe('facsimile:skipped', note)
})
afterEach(() => void unsubscribe('facsimile:skipped', note))

const gzipped = zlib.gzipSync(PAGE)
const badChecksum = Buffer.from(gzipped)
badChecksum[badChecksum.length - 6]! ^= 1
const flipped = Buffer.from(gzipped)
flipped[40]! ^= 0x55
const tenths = (body: Buffer) =>
  Array.from({ length: 10 }, (_, tenth) => body.subarray(0, Math.floor((body.length * (tenth + 0.5)) / 10)))

const BROKEN: readonly [string, string, Buffer][] = [
  ['text that is labelled gzip', 'gzip', Buffer.from(PAGE)],
  ['text that is labelled br', 'br', Buffer.from(PAGE)],
  ['text that is labelled deflate', 'deflate', Buffer.from(PAGE)],
  ['gzip that is labelled br', 'br', gzipped],
  ['gzip that is labelled twice', 'gzip, gzip', gzipped],
  ['a wrong checksum', 'gzip', badChecksum],
  ['a flipped bit', 'gzip', flipped],
  ['something behind the page', 'br', Buffer.concat([zlib.brotliCompressSync(PAGE), Buffer.from('<p>')])],
  ['padding behind the page', 'gzip', Buffer.concat([gzipped, Buffer.alloc(8)])],
  ...tenths(gzipped).map((part, at): [string, string, Buffer] => [`gzip cut off in tenth ${at}`, 'gzip', part]),
  ...tenths(zlib.brotliCompressSync(PAGE)).map((part, at): [string, string, Buffer] => [
    `br cut off in tenth ${at}`,
    'br',
    part,
  ]),
]

/** Those that are wrong before their end. */
const BROKEN_WITHIN = BROKEN.filter(([name]) => !name.includes('behind'))

describe('rule 19: a short body that cannot be decoded', () => {
  test.each(BROKEN)('passes untouched when it is given whole: %s', async (_name, coding, body) => {
    const { port } = await serveFiltered((_req, res) => html(res, coding).end(body), { settings: VIEWER })
    const response = await fetchRaw(port)
    expect(response.header('facsimile-status')).toBe('skipped; reason=undecodable')
    expect([response.header('content-encoding'), response.header('etag')]).toEqual([coding, '"v1"'])
    expect([response.framing, response.body]).toEqual(['length', body])
    expect(reasons).toEqual(['undecodable'])
  })

  test.each(BROKEN_WITHIN)('keeps its bytes when the headers went before it: %s', async (_name, coding, body) => {
    const logged: unknown[] = []
    const ignore = () => undefined
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (...line: unknown[]) => void logged.push(line) }
    const sends: Send[] = [
      (res) => res.writeHead(200, { 'Content-Length': body.length }).end(body),
      (res) => (res.flushHeaders(), res.end(body)),
      (res) => (res.flushHeaders(), res.write(body.subarray(0, 2)), res.end(body.subarray(2))),
    ]
    for (const send of sends) {
      const { port } = await serveFiltered((_req, res) => send(html(res, coding), body), { settings: { logger } })
      expect((await fetchRaw(port)).body).toEqual(body)
    }
    expect(reasons).toEqual(sends.map(() => 'undecodable'))
    // The decoder's own complaint.
    const fields = { err: expect.objectContaining({ code: expect.any(String) }) }
    const text = 'A compressed page could not be decoded to its end, and is not stored.'
    expect(logged).toEqual(sends.map(() => [fields, text]))
  })

  test.each(BROKEN_WITHIN)('is not stored: %s', async (_name, coding, body) => {
    const facsimile = createTestFacsimile({ ...VIEWER, disableCache: false, snippets: [TOKEN_SNIPPET] })
    let token: string | undefined
    const { port } = await serveFiltered(
      (_req, res) => {
        token = facsimile.tokenFor(res)
        html(res, coding).flushHeaders()
        res.end(body)
      },
      { facsimile },
    )
    await fetchRaw(port)
    await facsimile.flush()
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })).status).toBe(404)
  })

  test('is complete for a client where only something behind the page is wrong', async () => {
    const body = Buffer.concat([zlib.brotliCompressSync(PAGE), Buffer.from('<p>')])
    const { port } = await serveFiltered((_req, res) => html(res, 'br').writeHead(200).end(body))
    expect(zlib.brotliDecompressSync((await fetchRaw(port)).body).toString()).toBe(withSnippets(PAGE))
    expect(reasons).toEqual([])
  })
})

describe.each([
  // Each with a byte that begins no block.
  ['gzip', zlib.gzipSync, zlib.constants.Z_SYNC_FLUSH, 0x07],
  ['br', zlib.brotliCompressSync, zlib.constants.BROTLI_OPERATION_FLUSH, 0x0e],
] as const)('rule 19: a page in %s that cannot be decoded any further', (coding, encode, finishFlush, noBlock) => {
  const page = longPage(400_000)
  const body = encode(page)
  // Its last bytes may be the start of a tag, and are held.
  const half = `${page.slice(0, 200_000)}</bod`
  const flushed = encode(half, { finishFlush })
  const third = Math.floor(body.length / 3)
  const decodePart = (bytes: Buffer) =>
    (coding === 'br' ? zlib.brotliDecompressSync : zlib.gunzipSync)(bytes, { finishFlush }).toString()

  /** Gives one part, waits until some of it has left, and then gives the rest. */
  async function visit(first: Buffer, rest: Buffer): Promise<Buffer> {
    let finish!: () => void
    const { port } = await serveFiltered((_req, res) => {
      html(res, coding).write(first)
      finish = () => res.end(rest)
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await eventually('much of the first part has come', () => connection.unread.length > 40_000)
    finish()
    const { body: sent } = await connection.read()
    connection.destroy()
    return sent
  }

  test('because it was cut off ends where it was cut off', async () => {
    const sent = await visit(body.subarray(0, third), body.subarray(third, 2 * third))
    const expected = decodePart(body.subarray(0, 2 * third)).replace('</head>', `${HEAD_SNIPPET}</head>`)
    expect(decodePart(sent) === expected).toBe(true)
    expect(reasons).toEqual(['undecodable'])
  })

  test('because of other bytes gives all that came before, then what came, and no client takes it for a whole page', async () => {
    const noise = Buffer.alloc(30_000, noBlock)
    const sent = await visit(flushed, noise)
    expect(sent.subarray(-noise.length).equals(noise)).toBe(true)
    expect(() => decodePart(sent)).toThrow()
    const expected = half.replace('</head>', `${HEAD_SNIPPET}</head>`)
    expect(decodableStart(sent, decodePart) === expected).toBe(true)
    expect(reasons).toEqual(['undecodable'])
  })

  test('is not gone on with by bytes that would be text where ours breaks off', async () => {
    if (coding !== 'gzip') return
    // A block of fixed codes is under way. Its end comes, and then a block of the type that deflate reserves; for whoever
    // stands at the border of a byte these eight bits begin a block that is stored (RFC 1951, 3.2.3 to 3.2.6).
    const text = Buffer.from('<p>forged</p>')
    const stored = Buffer.of(0x18, text.length, 0, ~text.length & 0xff, 0xff, ...text)
    for (const [first, rest] of [
      [Buffer.concat([flushed, Buffer.of(0x02)]), stored],
      [Buffer.concat([flushed, Buffer.of(0x02), stored.subarray(0, 1)]), stored.subarray(1)],
    ] as const) {
      const sent = await visit(first, rest)
      expect(sent.subarray(-rest.length).equals(rest)).toBe(true)
      expect(decodableStart(sent, decodePart)).not.toContain('forged')
    }
  })

  test('gives its tail once, also where the handler is silent then', async () => {
    const noise = Buffer.alloc(30_000, noBlock)
    let coded!: ServerResponse
    const { port } = await serveFiltered((req, res) => {
      if (req.url === '/later') return res.setHeader('Content-Type', 'text/html').write(PAGE)
      coded = html(res, coding)
      return coded.write(encode(page, { finishFlush }))
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await eventually('much of the page has come', () => connection.unread.length > 40_000)
    coded.write(noise)
    await connection.readUntil(noise.toString('latin1'))
    // Who is silent for a shorter time: the first may begin before this page is done with what came.
    for (let round = 0; round < 2; round++) {
      const later = await openConnection(port)
      later.send(requestText({ path: '/later' }))
      await later.readUntil('</html>')
      later.destroy()
    }
    coded.end()
    expect((await connection.read()).body.subarray(-noise.length).equals(noise)).toBe(true)
    connection.destroy()
  })

  test('has no token any more', async () => {
    const facsimile = createTestFacsimile({ ...VIEWER, disableCache: false })
    let ask!: () => unknown
    const { port } = await serveFiltered(
      (_req, res) => {
        ask = () => facsimile.tokenFor(res)
        html(res, coding).write(flushed)
        expect(ask()).toBeDefined()
        res.write(Buffer.alloc(30_000, noBlock))
      },
      { facsimile },
    )
    const connection = await openConnection(port)
    connection.send(requestText())
    await eventually('the page is given up', () => reasons.includes('undecodable'))
    expect(ask()).toBeUndefined()
    connection.destroy()
  })

  test('is not stored', async () => {
    const facsimile = createTestFacsimile({ ...VIEWER, disableCache: false })
    let token: string | undefined
    const { port } = await serveFiltered(
      (_req, res) => {
        token = facsimile.tokenFor(res)
        html(res, coding).write(body.subarray(0, third))
        res.end(body.subarray(third, -100))
      },
      { facsimile },
    )
    await fetchRaw(port)
    await facsimile.flush()
    expect(token).toBeDefined()
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })).status).toBe(404)
  })
})

/** All that a decoder makes of bytes before it fails. */
function decodableStart(bytes: Buffer, decodePart: (part: Buffer) => string): string {
  let from = 0
  let to = bytes.length
  while (from < to - 1) {
    const middle = (from + to) >> 1
    try {
      decodePart(bytes.subarray(0, middle))
      from = middle
    } catch {
      to = middle
    }
  }
  return decodePart(bytes.subarray(0, from))
}
