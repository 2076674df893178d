// Rules 9, 10 and 24 for a page that comes compressed: the response behaves as it does without a filter.
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createGzip, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import express from 'express'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  BODY_SNIPPET,
  createTestFacsimile,
  HEAD_SNIPPET,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
  servePair,
  STACKS,
  withSnippets,
} from '../../support/filtered-site.js'
import { longPage } from '../support/coded-bodies.js'
import { createSlowProvider } from '../support/spy-provider.js'

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'head-end', html: '<script>t=%FetchUrl%</script>' } as const
const BODY = gzipSync(PAGE)

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', 'gzip')

type Use = (res: ServerResponse, note: (what: unknown) => void) => unknown

/** What `use` notes while it answers, bare and filtered, until the response is closed. */
async function notesOf(use: Use) {
  const notes: unknown[][] = []
  const closed: Promise<unknown>[] = []
  const { bare, filtered } = await servePair((_req, res) => {
    const own: unknown[] = []
    notes.push(own)
    closed.push(new Promise((resolve) => res.once('close', resolve)))
    use(html(res), (what) => own.push(what))
  })
  await fetchRaw(bare.port)
  const response = await fetchRaw(filtered.port)
  await Promise.all(closed)
  return { expected: notes[0], actual: notes[1], text: gunzipSync(response.body).toString() }
}

const stateOf = (res: ServerResponse) => [
  res.headersSent,
  res.writableEnded,
  // Deprecated, and asked for all the same.
  Reflect.get(res, 'finished'),
  res.writableNeedDrain,
  res.writable,
  res.destroyed,
]

describe('rule 9: the states of a compressed page', () => {
  test.each([
    ['given whole', (res, note) => note(res.end(BODY) === res)],
    [
      'written',
      (res, note) => {
        note(res.write(BODY.subarray(0, 30)))
        note(stateOf(res))
        note(res.write(BODY.subarray(30)))
        note(stateOf(res))
        note(res.end() === res)
      },
    ],
    ['after flushHeaders()', (res) => (res.flushHeaders(), res.end(BODY))],
    ['ended within a callback', (res, note) => res.write(BODY, () => (note(stateOf(res)), res.end()))],
  ] as [string, Use][])('are those of a bare server: %s', async (_name, use) => {
    const { expected, actual, text } = await notesOf((res, note) => {
      note(stateOf(res))
      use(res, note)
      note(stateOf(res))
      res.on('drain', () => note('drain'))
      res.on('finish', () => note([...stateOf(res), res.writableFinished]))
      res.on('close', () => note([...stateOf(res), res.writableFinished]))
    })
    expect(actual).toEqual(expected)
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })

  test('are those of a bare server at prefinish, whenever that comes', async () => {
    const { expected, actual } = await notesOf((res, note) => {
      res.on('prefinish', () => note([...stateOf(res), res.writableFinished]))
      res.end(BODY)
    })
    expect(actual).toEqual(expected)
    expect(actual).toHaveLength(1)
  })

  test('finished is what has left to the last byte, and then the response has no property of ours any more', async () => {
    const seen: unknown[] = []
    const { port } = await serveFiltered((_req, res) => {
      html(res).end(BODY)
      seen.push(res.writableEnded, res.writableFinished, Object.keys(res).includes('finished'))
      res.on('finish', () => {
        const ours = ['writableFinished', 'writableNeedDrain', 'emit'].filter((name) => Object.hasOwn(res, name))
        const finished = Object.getOwnPropertyDescriptor(res, 'finished')
        seen.push(res.writableFinished, ours, finished)
      })
    })
    await fetchRaw(port)
    await eventually('it is finished', () => seen.length > 3)
    const plain = { value: true, writable: true, enumerable: true, configurable: true }
    expect(seen).toEqual([true, false, true, true, [], plain])
  })

  test('the wish for a drain is over when it has ended, or is destroyed', async () => {
    for (const finish of [(res: ServerResponse) => res.end(), (res: ServerResponse) => res.destroy()]) {
      const { expected, actual } = await statesOfFull(finish)
      expect(actual).toEqual(expected)
      expect(actual).toEqual([false, false, true, false])
    }
  })
})

/** Whether a drain is wished for, at first, and after more was written than there is room for; then after `finish`. */
async function statesOfFull(finish: (res: ServerResponse) => unknown) {
  const body = gzipSync(longPage(1_000_000), { level: 1 })
  const notes: boolean[][] = []
  const { bare, filtered } = await servePair((_req, res) => {
    const own = [res.writableNeedDrain]
    notes.push(own)
    res.on('error', () => undefined)
    own.push(html(res).write(body), res.writableNeedDrain)
    finish(res)
    own.push(res.writableNeedDrain)
  })
  for (const [at, { port }] of [bare, filtered].entries()) {
    const connection = await openConnection(port)
    connection.send(requestText())
    await eventually('it is asked', () => notes.length > at)
    connection.destroy()
  }
  return { expected: notes[0], actual: notes[1] }
}

describe('rule 10: the callbacks and events of a compressed page', () => {
  test('come once each, and in their order', async () => {
    const { expected, actual, text } = await notesOf((res, note) => {
      res.on('prefinish', () => note('prefinish')).on('finish', () => note('finish'))
      res.write(BODY.subarray(0, 5), () => note('first'))
      res.write(BODY.subarray(5, 40).toString('latin1'), 'latin1', () => note('second'))
      res.write(Buffer.alloc(0), () => note('nothing'))
      res.write(BODY.subarray(40), () => note('third'))
      res.end(() => note('end'))
    })
    expect([...(actual ?? [])].sort()).toEqual([...(expected ?? [])].sort())
    expect(actual?.filter((what) => what !== 'prefinish')).toEqual([
      'first',
      'second',
      'nothing',
      'third',
      'finish',
      'end',
    ])
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['end(chunk, callback)', (res, note) => res.end(BODY, () => note('done'))],
    ['end(chunk, encoding, callback)', (res, note) => res.end(BODY.toString('base64'), 'base64', () => note('done'))],
    ['end(callback)', (res, note) => res.write(BODY) && res.end(() => note('done'))],
    ['end(undefined, callback)', (res, note) => res.write(BODY) && res.end(undefined, () => note('done'))],
  ] as [string, Use][])('%s calls back once', async (_name, use) => {
    const { expected, actual, text } = await notesOf(use)
    expect(actual).toEqual(['done'])
    expect(expected).toEqual(['done'])
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a callback comes when the client can have what was written', async () => {
    const { port } = await serveFiltered((_req, res) => {
      const gzip = createGzip()
      gzip.write(PAGE.slice(0, -14))
      gzip.flush(() => html(res).write(gzip.read() as Buffer, () => res.destroy()))
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    const arrived = (await connection.readToEnd()).toString('latin1')
    expect(arrived.length).toBeGreaterThan(arrived.indexOf('\r\n\r\n') + 60)
  })

  test('a second end() and a write() after the end are answered with the error of a bare server', async () => {
    const { expected, actual, text } = await notesOf((res, note) => {
      res.on('error', (error: NodeJS.ErrnoException) => note(error.code))
      res.end(BODY)
      note(res.write('late', (error) => note((error as NodeJS.ErrnoException).code)))
      note(res.end('later', (error?: NodeJS.ErrnoException) => note(error?.code)) === res)
      note(stateOf(res))
      res.end(() => note('ended'))
    })
    // When a bare server has sent all, it calls back at once.
    expect([...(actual ?? [])].sort()).toEqual([...(expected ?? [])].sort())
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each([
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['a number', 7],
    ['null', null],
  ])('write() refuses %s as a bare server does, and the page goes on', async (_name, chunk) => {
    const { expected, actual, text } = await notesOf((res, note) => {
      for (const part of [BODY.subarray(0, 30), BODY.subarray(30)]) {
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
    expect(text).toBe(PAGE_WITH_SNIPPETS)
  })

  test('what was written may be overwritten when write() has returned', async () => {
    const page = longPage(100_000)
    const { port } = await serveFiltered((_req, res) => {
      const buffer = Buffer.alloc(1000)
      const body = gzipSync(page)
      html(res)
      for (let at = 0; at < body.length; at += buffer.length) res.write(buffer.subarray(0, body.copy(buffer, 0, at)))
      buffer.fill(0)
      res.end()
    })
    expect(gunzipSync((await fetchRaw(port)).body).toString()).toBe(withSnippets(page))
  })

  test('pipeline() and finished() wait until the page has left', async () => {
    let order: string[] = []
    const { port } = await serveFiltered((_req, res) => {
      res.on('finish', () => order.push('finish'))
      void pipeline(async function* () {
        for (const byte of BODY) yield await Promise.resolve(Buffer.of(byte))
      }, html(res)).then(() => order.push('pipeline'))
      void finished(res).then(() => order.push('finished'))
    })
    expect(gunzipSync((await fetchRaw(port)).body).toString()).toBe(PAGE_WITH_SNIPPETS)
    await eventually('all are told', () => order.length === 3)
    expect(order[0]).toBe('finish')
    order = []
  })

  test('prefinish waits for the end of a page that gets its turn while it is being made', async () => {
    const page = longPage(3_000_000)
    const order: string[] = []
    let first: ServerResponse | undefined
    const { port } = await serveFiltered((req, res) => {
      if (req.url === '/first') {
        first = res
        return
      }
      res.on('prefinish', () => order.push('prefinish')).on('finish', () => order.push('finish'))
      html(res).end(gzipSync(page), () => order.push('end'))
      first?.end('first')
    })
    const connection = await openConnection(port)
    connection.send(requestText({ path: '/first' }) + requestText())
    expect((await connection.read()).body.toString()).toBe('first')
    expect(gunzipSync((await connection.read()).body).toString() === withSnippets(page)).toBe(true)
    await eventually('it is finished', () => order.length >= 3)
    expect(order).toEqual(['prefinish', 'finish', 'end'])
    connection.destroy()
  })

  test.each([
    ['written', (res: ServerResponse, rest: Buffer) => res.write(rest, () => res.end())],
    ['ended', (res: ServerResponse, rest: Buffer) => res.end(rest)],
    ['ended with nothing', (res: ServerResponse) => res.end()],
  ])('what is %s at drain leaves', async (how, send) => {
    // Nothing of it is held, for which the clock of silence would wake whoever has fallen asleep.
    const start = longPage(500_000).replace('</body></html>', '')
    const members = [start, 'and that is all'].map((text) => gzipSync(text, { level: 1 }))
    const body = Buffer.concat(members)
    const at = how === 'ended with nothing' ? body.length : members[0]?.length
    const page = `${start}and that is all`
    const { port } = await serveFiltered((_req, res) => {
      res.once('drain', () => send(res, body.subarray(at)))
      html(res).write(body.subarray(0, at))
    })
    const expected = page.replace('</head>', `${HEAD_SNIPPET}</head>`) + BODY_SNIPPET
    expect(gunzipSync((await fetchRaw(port)).body).toString() === expected).toBe(true)
  })

  test('what a listener for drain throws is thrown at nobody, and the page goes on', async () => {
    const page = longPage(1_000_000)
    const thrown: unknown[] = []
    process.setUncaughtExceptionCaptureCallback((error) => thrown.push(error))
    try {
      const { port } = await serveFiltered((_req, res) => {
        html(res).write(gzipSync(page), () => res.end())
        res.once('drain', () => {
          throw new Error('no tea')
        })
      })
      expect(gunzipSync((await fetchRaw(port)).body).toString() === withSnippets(page)).toBe(true)
      await eventually('it is thrown', () => thrown.length > 0)
    } finally {
      process.setUncaughtExceptionCaptureCallback(null)
    }
    expect(thrown).toEqual([new Error('no tea')])
  })

  test('an application that gives up tells pipeline()', async () => {
    let failure: unknown
    const { port } = await serveFiltered((_req, res) => {
      const source = async function* () {
        yield await Promise.resolve(BODY.subarray(0, 40))
        throw new Error('no tea')
      }
      pipeline(source, html(res)).catch((error: unknown) => (failure = error))
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readToEnd()
    await eventually('it is told', () => failure !== undefined)
    expect(failure).toEqual(new Error('no tea'))
  })
})

describe('rule 24: a compressed page', () => {
  test('is cut off, and that is told, where a write() further out throws', async () => {
    const errors: unknown[] = []
    const ignore = () => undefined
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void errors.push(fields) }
    const error = new Error('no room')
    const { port } = await serveFiltered((_req, res) => html(res).end(gzipSync(longPage(500_000))), {
      settings: { logger },
      outside: [
        (_req, res, next) => {
          res.write = () => {
            throw error
          }
          next()
        },
      ],
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    expect((await connection.readToEnd()).toString('latin1')).not.toMatch(/0\r\n\r\n$/)
    expect(errors).toEqual([{ err: error }])
  })
})

describe('rule 24: an application that fails in a compressed page', () => {
  const failing: readonly [string, RequestListener][] = [
    ['after a part of it', (_req, res) => void html(res).write(BODY.subarray(0, 60))],
    ['before a byte of it could be decoded', (_req, res) => void html(res).write(BODY.subarray(0, 4))],
    ['after its headers', (_req, res) => html(res).flushHeaders()],
  ]

  test.each(failing)('%s is cut off, and nothing is stored', async (_name, begin) => {
    const facsimile = createTestFacsimile({ ...CRAWLER, snippets: [TOKEN_SNIPPET] })
    const app = express().set('env', 'test')
    let token: string | undefined
    app.use(facsimile.middleware)
    app.get('/', (req, res, next) => {
      token = facsimile.tokenFor(res)
      begin(req, res)
      next(new Error('no tea'))
    })
    const { port } = await serve(app)
    const connection = await openConnection(port)
    connection.send(requestText())
    expect((await connection.readToEnd()).toString('latin1')).not.toMatch(/0\r\n\r\n$/)
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })).status).toBe(404)
  })

  test('before any output gets a clean error page', async () => {
    const { port } = await serve(
      STACKS['Express 5']([createTestFacsimile().middleware], (_req, res) => {
        html(res)
        res.statusMessage = 'Not\nallowed'
        res.end(BODY)
      }),
    )
    const response = await fetchRaw(port)
    expect([response.status, response.header('content-encoding')]).toEqual([500, undefined])
    expect(response.body.toString()).toContain('</body>')
  })
})

test('rule 29: a compressed page that is ended again when it has finished is stored, and the crawler waits for it', async () => {
  const { cacheProvider, open } = createSlowProvider()
  const facsimile = createTestFacsimile({ ...CRAWLER, cacheProvider })
  let token: string | undefined
  const { port, server } = await serveFiltered(
    (_req, res) => {
      token = facsimile.tokenFor(res)
      res.once('finish', () => res.end())
      html(res).write(BODY.subarray(0, 30))
      res.end(BODY.subarray(30))
    },
    { facsimile },
  )
  expect(gunzipSync((await fetchRaw(port)).body).toString()).toBe(PAGE_WITH_SNIPPETS)
  const asked = once(server, 'request')
  const copy = fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
  await asked
  // Whoever does not wait has asked the provider by now.
  await nextTurn()
  open()
  expect((await copy).body.toString()).toBe(PAGE)
})
