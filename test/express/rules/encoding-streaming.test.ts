// Rules 7 to 9 for a page that comes compressed: it streams as any other one, and waits for a client that is slow.
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { constants, createGzip, gunzipSync } from 'node:zlib'
import { describe, expect, jest, test } from '@jest/globals'
import { Inserter } from '@facsimile/core'
import { collectGarbage } from '../../support/collect-garbage.js'
import { eventually } from '../../support/eventually.js'
import { openConnection, requestText, type Connection } from '../../support/raw-http.js'
import { HEAD_SNIPPET, PAGE, serveFiltered, withSnippets } from '../../support/filtered-site.js'
import { CODINGS, inPieces, longPage } from '../support/coded-bodies.js'

const html = (res: ServerResponse, coding = 'gzip') =>
  res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', coding)

/** A site whose page is compressed piece by piece, as the test says. */
async function serveByHand() {
  let res: ServerResponse | undefined
  const { port } = await serveFiltered((_req, response) => {
    res = html(response)
  })
  const connection = await openConnection(port)
  connection.send(requestText())
  await eventually('the request is there', () => res !== undefined)
  const gzip = createGzip()
  const say = (text: string) =>
    new Promise<void>((resolve) => {
      gzip.write(text)
      gzip.flush(constants.Z_SYNC_FLUSH, () => {
        res?.write(gzip.read() as Buffer)
        resolve()
      })
    })
  const finish = (text: string) =>
    gzip
      .on('end', () => res?.end())
      .on('data', (data) => res?.write(data))
      .end(text)
  return { res: res as unknown as ServerResponse, connection, say, finish }
}

/** What a client can read by now. */
function readable({ unread }: Connection): string {
  const head = unread.indexOf('\r\n\r\n')
  const chunks: Buffer[] = []
  for (let at = head + 4; head !== -1;) {
    const end = unread.indexOf('\r\n', at)
    if (end === -1) break
    const length = parseInt(unread.subarray(at, end).toString(), 16)
    chunks.push(unread.subarray(end + 2, end + 2 + length))
    at = end + 4 + length
  }
  return chunks.length === 0
    ? ''
    : gunzipSync(Buffer.concat(chunks), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
}

describe('rule 7: of a compressed page', () => {
  test('what was written leaves while the handler is still busy, piece for piece', async () => {
    const { connection, say, finish } = await serveByHand()
    let page = ''
    for (const text of ['<!doctype html><html><head>', '</head><body><h1>Soon', '!', ' and soon', '</h1><!-- open']) {
      page += text
      await say(text)
      await eventually(text, () => readable(connection) === page.replace('</head>', `${HEAD_SNIPPET}</head>`))
    }
    finish(' --></body></html>')
    expect(gunzipSync((await connection.read()).body).toString()).toBe(withSnippets(`${page} --></body></html>`))
    connection.destroy()
  })

  test('a whole tail waits for the end of the page, and leaves after a quarter of a second of silence', async () => {
    const { connection, say, finish } = await serveByHand()
    await say(PAGE)
    await eventually('all but the tail', () => readable(connection).endsWith('Tea</p>'))
    await eventually('the tail', () => readable(connection) === withSnippets(PAGE))
    finish('<p>late</p>')
    expect(gunzipSync((await connection.read()).body).toString()).toBe(`${withSnippets(PAGE)}<p>late</p>`)
    connection.destroy()
  })

  test('a tail that is whole after a silence waits for a silence of its own', async () => {
    const release = jest.spyOn(Inserter.prototype, 'release')
    const { connection, say, finish } = await serveByHand()
    await say('<!doctype html><html><head></head><body><p>Tea</p></bo')
    await eventually('there was a silence', () => release.mock.calls.length > 0)
    await say('dy></html>')
    await eventually('it has been taken', () => release.mock.contexts.some((it) => (it as Inserter).held.length > 10))
    finish('<p>late</p></body></html>')
    const page = '<!doctype html><html><head></head><body><p>Tea</p></body></html><p>late</p></body></html>'
    expect(gunzipSync((await connection.read()).body).toString()).toBe(withSnippets(page))
    connection.destroy()
    release.mockRestore()
  })

  test('the headers leave with flushHeaders(), before there is a body', async () => {
    const { res, connection, finish } = await serveByHand()
    res.flushHeaders()
    expect(await connection.readUntil('\r\n\r\n')).toContain('Content-Encoding: gzip')
    finish(PAGE)
    expect(gunzipSync((await connection.read()).body).toString()).toBe(withSnippets(PAGE))
    connection.destroy()
  })

  test('what the application corked and never uncorked leaves at its end', async () => {
    const { res, connection } = await serveByHand()
    const page = longPage(500_000)
    res.cork()
    for (const piece of inPieces(CODINGS['gzip']!.encode(Buffer.from(page)), 10_000)) res.write(piece)
    res.end()
    expect(gunzipSync((await connection.read()).body).toString()).toBe(withSnippets(page))
    connection.destroy()
  })
})

describe.each(['gzip', 'br'])('rule 9: a page in %s for a client that does not read', (name) => {
  const { header, encode, decode } = CODINGS[name]!
  // More than the buffers of the system take.
  const page = hardPage(24_000_000)
  const body = encode(Buffer.from(page))

  test('makes write() false, and drain comes when it reads', async () => {
    const pieces = inPieces(body, 30_000)
    const seen = { drained: 0, refused: 0, needsDrain: false, written: 0 }
    const { port } = await serveFiltered((_req, res) => {
      html(res, header)
      const more = () => {
        for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
          seen.written++
          if (res.write(piece)) continue
          seen.refused++
          seen.needsDrain = res.writableNeedDrain
          return void res.once('drain', () => {
            seen.drained++
            expect(res.writableNeedDrain).toBe(false)
            more()
          })
        }
        res.end()
      }
      more()
    })
    const connection = await openConnection(port)
    connection.socket.pause()
    connection.send(requestText())
    await standsStill(() => seen.written)
    expect(seen.needsDrain).toBe(true)
    expect(pieces.length).toBeGreaterThan(10)
    connection.socket.resume()
    const response = await connection.read()
    expect(seen.drained).toBe(seen.refused)
    expect(decode(response.body).equals(Buffer.from(withSnippets(page)))).toBe(true)
    connection.destroy()
  })

  test.each([
    ['with snippets', {}],
    ['only stored', { disableFilter: true, disableCache: false, maxPageBytes: 10_000 }],
  ])('stops pipe(), and takes no more memory than its pieces (%s)', async (how, settings) => {
    const pieces = inPieces(body, 30_000)
    const total = pieces.length
    const { port } = await serveFiltered(
      (_req, res) => {
        const read = function (this: Readable) {
          this.push(pieces.shift() ?? null)
        }
        new Readable({ read, highWaterMark: 1 }).pipe(html(res, header))
      },
      { settings },
    )
    const connection = await openConnection(port)
    connection.socket.pause()
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    connection.send(requestText())
    await standsStill(() => total - pieces.length)
    await eventually('little is held', () => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers - before < 1024 * 1024
    })
    expect(pieces.length).toBeGreaterThan(10)
    connection.socket.resume()
    const sent = how === 'only stored' ? page : withSnippets(page)
    expect(decode((await connection.read()).body).length).toBe(sent.length)
    connection.destroy()
  })
})

/** A page that hardly compresses. */
function hardPage(bytes: number): string {
  const text = randomBytes((bytes * 3) >> 2).toString('base64')
  return `<!doctype html><html><head></head><body>${text}</body></html>`
}

/** Waits until the number has been above zero and the same for a third of a second. */
async function standsStill(count: () => number): Promise<void> {
  let last = 0
  let since = performance.now()
  await eventually('it stands still', () => {
    if (count() !== last) since = performance.now()
    last = count()
    return last > 0 && performance.now() - since > 300
  })
}
