// Rules 4, 9 and 10 for the ways in which Node lets a handler write: streams of both kinds, iterators, corks.
import type { ServerResponse } from 'node:http'
import { PassThrough, pipeline, Readable, Transform } from 'node:stream'
import { pipeline as pipelineAsync } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair } from '../../support/filtered-site.js'

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')
const pieces = PAGE.match(/.{1,9}/gs) ?? []

/** Node's response is a writable stream of the web too, by way of its adapter. */
async function* slowly(parts: Iterable<string>) {
  for (const part of parts) {
    await nextTurn()
    yield part
  }
}

const WAYS: Record<string, (res: ServerResponse) => unknown> = {
  'pipe()': (res) => Readable.from(pieces).pipe(res),
  'pipe() of bytes': (res) => Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(res),
  'pipe() that leaves the end to the handler': (res) => {
    const source = Readable.from(pieces)
    source.pipe(res, { end: false })
    source.once('end', () => res.end('<!-- end -->'))
  },
  'pipeline() with a callback': (res) => pipeline(Readable.from(pieces), new PassThrough(), res, () => undefined),
  'pipeline() with a promise': (res) => pipelineAsync(slowly(pieces), res),
  'a stream of the web': (res) => Readable.fromWeb(ReadableStream.from(slowly(pieces))).pipe(res),
  'for await': async (res) => {
    for await (const piece of slowly(pieces)) res.write(piece)
    res.end()
  },
  'for await that waits for each callback': async (res) => {
    for await (const piece of slowly(pieces)) await new Promise<void>((resolve) => res.write(piece, () => resolve()))
    res.end()
  },
  'cork() and uncork()': (res) => {
    res.cork()
    for (const piece of pieces) res.write(piece)
    res.uncork()
    res.end()
  },
  'cork() until the end': (res) => {
    for (const piece of pieces) {
      res.cork()
      res.write(piece)
    }
    res.end()
  },
  'chunks without bytes between': (res) => {
    for (const piece of ['', ...pieces.flatMap((text) => [text, '', Buffer.alloc(0)]), '']) res.write(piece)
    res.end('')
  },
  'a transform': (res) => {
    const transform = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) })
    transform.pipe(res)
    for (const piece of pieces) transform.write(piece)
    transform.end()
  },
}

describe('rule 4: a page is the same by every way to write it', () => {
  test.each(Object.entries(WAYS))('%s', async (_name, send) => {
    const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
    let token: string | undefined
    const { port } = await serveFiltered(
      (_req, res) => {
        token = facsimile.tokenFor(res)
        void send(html(res))
      },
      { facsimile },
    )
    const { body } = await fetchRaw(port)
    const after = body.toString().endsWith('<!-- end -->') ? '<!-- end -->' : ''
    expect(body.toString()).toBe(`${PAGE_WITH_SNIPPETS}${after}`)
    await facsimile.flush()
    const copy = await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
    expect(copy.body.toString()).toBe(`${PAGE}${after}`)
  })

  test('a fragment that begins with chunks without bytes stays one', async () => {
    const { port } = await serveFiltered((_req, res) => {
      html(res).write('')
      res.write(Buffer.alloc(0))
      res.end('<p>Tea</p></body>')
    })
    expect((await fetchRaw(port)).body.toString()).toBe('<p>Tea</p></body>')
  })
})

describe('rule 9: a corked response', () => {
  test('keeps its bytes until it is uncorked, as from a bare server', async () => {
    let uncork!: () => void
    const { port } = await serveFiltered((_req, res) => {
      html(res).flushHeaders()
      res.cork()
      res.write(PAGE.slice(0, 60))
      uncork = () => {
        res.uncork()
        res.end(PAGE.slice(60))
      }
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    expect(await connection.readUntil('\r\n\r\n')).not.toContain('<html>')
    uncork()
    expect((await connection.read()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })

  test('counts its corks as a bare one does', async () => {
    const notes: number[][] = []
    const { bare, filtered } = await servePair((_req, res) => {
      const own: number[] = []
      notes.push(own)
      const note = () => own.push(res.writableCorked)
      html(res).cork()
      note()
      res.write(PAGE.slice(0, 60))
      note()
      res.cork()
      note()
      res.uncork()
      note()
      res.end(PAGE.slice(60))
      note()
    })
    await fetchRaw(bare.port)
    expect((await fetchRaw(filtered.port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(notes[1]).toEqual(notes[0])
  })
})

describe('rule 24: a source that fails', () => {
  test.each([
    ['a stream', () => Readable.from(failing())],
    ['a stream of the web', () => Readable.fromWeb(ReadableStream.from(failing()))],
  ])('in pipeline() cuts the page off, and the handler hears why: %s', async (_name, open) => {
    const seen: unknown[] = []
    const { port } = await serveFiltered((_req, res) => {
      pipeline(open(), html(res), (error) => seen.push(error?.message))
    })
    await expect(fetchRaw(port)).rejects.toThrow('ended')
    await eventually('the handler has heard', () => seen.length > 0)
    expect(seen).toEqual(['no more tea'])
  })

  async function* failing() {
    yield PAGE.slice(0, 40)
    await nextTurn()
    throw new Error('no more tea')
  }

  test('res.setTimeout() fires while the handler is silent, and the page goes on', async () => {
    const { port } = await serveFiltered((_req, res) => {
      html(res).write(PAGE.slice(0, 50))
      res.setTimeout(30, () => res.end(PAGE.slice(50)))
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})
