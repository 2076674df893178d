// Rules 9 to 11: write(), end(), flush and their callbacks behave as if there were no filter.
import type { RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from '@jest/globals'
import compression from 'compression'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serveFiltered,
  servePair,
  withSnippets,
} from '../../support/filtered-site.js'

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')

/** What `use` notes while it answers, bare and filtered. */
async function notesOf(use: (res: ServerResponse, note: (what: unknown) => void) => void) {
  const notes: unknown[][] = []
  const finished: Promise<unknown>[] = []
  const { bare, filtered } = await servePair((_req, res) => {
    const own: unknown[] = []
    notes.push(own)
    finished.push(new Promise((resolve) => res.once('close', resolve)))
    html(res)
    use(res, (what) => own.push(what))
  })
  await fetchRaw(bare.port)
  const response = await fetchRaw(filtered.port)
  await Promise.all(finished)
  return { expected: notes[0], actual: notes[1], response }
}

describe('rule 9: write() and end() answer as they do without a filter', () => {
  test('write() is true while there is room, end() is the response, and the states follow', async () => {
    const { expected, actual, response } = await notesOf((res, note) => {
      const state = () => [res.headersSent, res.writableEnded, res.writableNeedDrain, res.writable]
      note(state())
      note(res.write(PAGE.slice(0, 10)))
      note(state())
      note(res.write(PAGE.slice(10)))
      note(state())
      note(res.end() === res)
      note(state())
    })
    expect(actual).toEqual(expected)
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('with a client that does not read, write() becomes false, pipe() stops, and drain comes when it reads', async () => {
    const chunk = `<p>${'x'.repeat(65_000)}</p>`
    let stopped!: () => void
    const isStopped = new Promise<void>((resolve) => (stopped = resolve))
    const seen = { drained: 0, needsDrain: false, written: 0 }
    const { port } = await serveFiltered((_req, res) => {
      html(res).write('<!doctype html><html><head></head><body>')
      const more = () => {
        while (seen.written < 200) {
          seen.written++
          if (res.write(chunk)) continue
          seen.needsDrain = res.writableNeedDrain
          // The kernel's buffers take some: stopped is who has not been drained a moment later.
          res.once('drain', () => {
            seen.drained++
            more()
          })
          if (seen.written > 20) setImmediate(stopped)
          return
        }
        res.end('</body></html>')
      }
      more()
    })
    const connection = await openConnection(port)
    connection.socket.pause()
    connection.send(requestText())
    await isStopped
    expect(seen.needsDrain).toBe(true)
    expect(seen.written).toBeLessThan(200)
    connection.socket.resume()
    const response = await connection.read()
    expect(seen.drained).toBeGreaterThan(0)
    expect(response.body.toString()).toBe(
      withSnippets(`<!doctype html><html><head></head><body>${chunk.repeat(200)}</body></html>`),
    )
    connection.destroy()
  }, 20_000)

  test('a chunk that is held back entirely is no reason to wait', async () => {
    const { expected, actual } = await notesOf((res, note) => {
      note(res.write(PAGE.slice(0, -14)))
      note(res.write('</body></html>'))
      note(res.writableNeedDrain)
      res.end()
    })
    expect(actual).toEqual(expected)
    expect(actual).toEqual([true, true, false])
  })

  test.each([
    ['pipe()', (res) => void Readable.from(PAGE.match(/.{1,7}/gs) ?? []).pipe(res)],
    ['pipeline()', (res) => void pipeline(Readable.from([Buffer.from(PAGE)]), res)],
    [
      'an async iterator',
      (res) =>
        void pipeline(async function* () {
          for (const letter of PAGE) yield await Promise.resolve(letter)
        }, res),
    ],
  ] as [string, (res: ServerResponse) => void][])('a page comes whole through %s', async (_name, send) => {
    const { port } = await serveFiltered((_req, res) => send(html(res)))
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})

describe('rule 10: callbacks and events', () => {
  test('each callback is called once, in order, also for a chunk that is held back entirely', async () => {
    const { expected, actual } = await notesOf((res, note) => {
      res.on('prefinish', () => note('prefinish')).on('finish', () => note('finish'))
      res.write(PAGE.slice(0, -14), () => note('first'))
      res.write('</bo', 'utf8', () => note('second'))
      res.write('dy></html>', () => note('third'))
      res.end(() => note('end'))
    })
    expect(actual).toEqual(expected)
    expect(actual).toEqual(['prefinish', 'first', 'second', 'third', 'finish', 'end'])
  })

  test.each([
    ['end(chunk, callback)', (res, done) => res.end(PAGE, done)],
    ['end(chunk, encoding, callback)', (res, done) => res.end(PAGE, 'utf8', done)],
    [
      'end(null, null, callback)',
      (res, done) => res.write(PAGE) && res.end(null, null as unknown as BufferEncoding, done),
    ],
    ['end(callback)', (res, done) => res.write(PAGE) && res.end(done)],
    ['end(undefined, callback)', (res, done) => res.write(PAGE) && res.end(undefined, done)],
  ] as [string, (res: ServerResponse, done: () => void) => unknown][])('%s calls back once', async (_name, end) => {
    const { expected, actual, response } = await notesOf((res, note) => end(res, () => note('done')))
    expect(actual).toEqual(['done'])
    expect(expected).toEqual(['done'])
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a second end() and a write() after the end are answered with the error of a bare server', async () => {
    const { expected, actual } = await notesOf((res, note) => {
      res.on('error', (error: NodeJS.ErrnoException) => note(error.code))
      res.end(PAGE)
      res.write('late', (error) => note((error as NodeJS.ErrnoException).code))
      res.end('later', (error?: NodeJS.ErrnoException) => note(error?.code))
      res.end(() => note('ended'))
    })
    expect(actual).toEqual(expected)
  })

  test.each([
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['a number', 7],
    ['an object', {}],
    ['null', null],
  ])('write() refuses %s as a bare server does, and the page goes on', async (_name, chunk) => {
    const { expected, actual, response } = await notesOf((res, note) => {
      for (const part of [PAGE.slice(0, 30), PAGE.slice(30)]) {
        try {
          res.write(chunk)
        } catch (error) {
          note((error as NodeJS.ErrnoException).code)
        }
        res.write(part)
      }
      res.end()
    })
    expect(actual).toEqual(expected)
    expect(actual).toHaveLength(2)
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('end() refuses a number as a bare server does, and the page can still be ended', async () => {
    const { expected, actual, response } = await notesOf((res, note) => {
      for (const start of ['', PAGE.slice(0, 30)]) {
        if (start !== '') res.write(start)
        try {
          res.end(7)
        } catch (error) {
          note((error as NodeJS.ErrnoException).code)
        }
      }
      res.end(PAGE.slice(30))
    })
    expect(actual).toEqual(expected)
    expect(actual).toHaveLength(2)
    expect(response.body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})

describe('rule 11: flushing', () => {
  test('flushHeaders() makes the headers leave before the body is there', async () => {
    let answer!: () => void
    const { port } = await serveFiltered((_req, res) => {
      html(res).flushHeaders()
      answer = () => res.end(PAGE)
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readUntil('\r\n\r\n')
    answer()
    expect((await connection.read()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })

  test('server-sent events pass at once and untouched', async () => {
    let send!: (event: string) => void
    const { port } = await serveFiltered((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      send = (event) => res.write(event)
      send('data: </body>\n\n')
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readUntil('data: </body>\n\n')
    send('data: </html>\n\n')
    expect(await connection.readUntil('data: </html>\n\n')).not.toContain(BODY_SNIPPET)
    connection.destroy()
  })

  test('res.flush() of a compression that is mounted further out flushes what has been written', async () => {
    let finish!: () => void
    const handler: RequestListener = (_req, res) => {
      html(res).write(PAGE.slice(0, 60))
      ;(res as ServerResponse & { flush(): void }).flush()
      finish = () => res.end(PAGE.slice(60))
    }
    const outside = [compression({ threshold: 0 })] as never[]
    const { port } = await serveFiltered(handler, { stack: 'Express 5', outside })
    const connection = await openConnection(port)
    connection.send(requestText({ headers: { 'Accept-Encoding': 'gzip' } }))
    // The head, one chunk's size, and after it the first bytes of a gzip stream.
    await connection.readUntil('\r\n\r\n')
    await connection.readUntil('\x1f')
    finish()
    const { gunzipSync } = await import('node:zlib')
    expect(gunzipSync((await connection.read()).body).toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })
})
