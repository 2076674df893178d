// Rules 8, 19 and 25 for a page that comes compressed: bombs, clients that go away, and what is left in memory.
import { createHook } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import * as zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Inserter } from '@facsimile/core'
import { collectGarbage } from '../../support/collect-garbage.js'
import { eventually } from '../../support/eventually.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, serveFiltered, withSnippets } from '../../support/filtered-site.js'
import { CODINGS, longPage } from '../support/coded-bodies.js'

const MIB = 1024 * 1024
const VIEWER = { allowedAddresses: ['127.0.0.1'] }

const html = (res: ServerResponse, coding: string) =>
  res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', coding)

const reasons: unknown[] = []
const note = (message: unknown) => void reasons.push((message as { reason: string }).reason)
beforeEach(() => {
  reasons.length = 0
  subscribe('facsimile:skipped', note)
})
afterEach(() => {
  unsubscribe('facsimile:skipped', note)
  jest.restoreAllMocks()
})

const zeros = Buffer.alloc(300 * MIB)
zeros.write('<!doctype html><html><head></head><body>')
const BOMBS = [
  ['gzip', zlib.gzipSync(zeros)],
  ['br', zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(zeros))],
] as const

/** The most memory that is held from outside of the heap while `use` goes on. */
async function peakDuring(use: () => Promise<unknown>): Promise<number> {
  collectGarbage()
  const before = process.memoryUsage.rss()
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss() - before)), 5).unref()
  try {
    await use()
  } finally {
    clearInterval(timer)
  }
  return peak
}

describe.each(BOMBS)('rule 19: a bomb in %s', (coding, bomb) => {
  test('passes untouched and unexpanded where it is told by how it begins', async () => {
    const body = coding === 'gzip' ? zlib.gzipSync(Buffer.alloc(30 * MIB)) : bomb
    for (const send of [
      (res: ServerResponse) => res.end(body),
      (res: ServerResponse) => (res.write(body.subarray(0, 2000)), res.end(body.subarray(2000))),
    ]) {
      const { port } = await serveFiltered((_req, res) => send(html(res, coding)), { settings: VIEWER })
      const response = await fetchRaw(port)
      expect(response.header('facsimile-status')).toBe('skipped; reason=undecodable')
      expect(response.body.equals(body)).toBe(true)
    }
  })

  test('is cut where it goes off midway, with a few MB of memory', async () => {
    let isClosed = false
    const { port } = await serveFiltered((_req, res) => {
      res.on('close', () => (isClosed = true))
      html(res, coding).flushHeaders()
      res.write(bomb.subarray(0, 60))
      res.end(bomb.subarray(60))
    })
    const peak = await peakDuring(async () => {
      const connection = await openConnection(port)
      connection.send(requestText())
      const wire = await connection.readToEnd()
      expect(wire.toString('latin1')).not.toMatch(/0\r\n\r\n$/)
    })
    expect(peak).toBeLessThan(64 * MIB)
    await eventually('the handler is told', () => isClosed)
    expect(reasons).toEqual(['undecodable'])
  })
})

describe('rule 19: a page that is as long as a bomb, and compresses less', () => {
  test('is none', async () => {
    const [, bomb] = BOMBS[0]
    const text = `<!doctype html><html><head></head><body>${randomBytes(300_000).toString('base64')}`
    const body = Buffer.concat([zlib.gzipSync(text), bomb])
    const facsimile = createTestFacsimile({ ...VIEWER, disableFilter: true, disableCache: false })
    const { port } = await serveFiltered(
      (_req, res) => {
        facsimile.tokenFor(res)
        html(res, 'gzip').flushHeaders()
        res.end(body)
      },
      { facsimile },
    )
    expect((await fetchRaw(port)).body.equals(body)).toBe(true)
    expect(reasons).toEqual([])
  })
})

describe('rule 19: a bomb that is only stored', () => {
  test('leaves as it came', async () => {
    const facsimile = createTestFacsimile({ ...VIEWER, disableFilter: true, disableCache: false })
    const [, bomb] = BOMBS[0]
    const { port } = await serveFiltered(
      (_req, res) => {
        facsimile.tokenFor(res)
        html(res, 'gzip').flushHeaders()
        res.end(bomb)
      },
      { facsimile },
    )
    expect((await fetchRaw(port)).body.equals(bomb)).toBe(true)
    expect(reasons).toEqual(['undecodable'])
  })
})

/** Counts the zlib handles that are made, and those that have been freed. */
function watchHandles() {
  const living = new Set<number>()
  const hook = createHook({
    init(id, type) {
      if (type === 'ZLIB') living.add(id)
    },
    destroy: (id) => void living.delete(id),
  }).enable()
  return { living, stop: () => hook.disable() }
}

describe('rule 25: clients that go away from a compressed page', () => {
  test.each(['gzip', 'br', 'gzip, br'])('leave nothing behind, 200 of them (%s)', async (name) => {
    const { header, encode } = CODINGS[name]!
    const body = encode(Buffer.from(longPage(600_000)))
    const responses: WeakRef<ServerResponse>[] = []
    const logged: unknown[] = []
    const log = (fields: object) => void logged.push(fields)
    let closed = 0
    const ways: ((res: ServerResponse) => unknown)[] = [
      (res) => res.write(body.subarray(0, 30_000)),
      (res) => res.write(body),
      (res) => res.end(body),
      (res) => (res.write(body.subarray(0, 10)), res.end(body.subarray(10))),
    ]
    const { port } = await serveFiltered(
      (_req, res) => {
        const way = ways[responses.length % ways.length]
        responses.push(new WeakRef(res))
        res.on('close', () => closed++)
        html(res, header).flushHeaders()
        way?.(res)
      },
      { settings: { logger: { debug: log, info: log, warn: log, error: log } } },
    )
    const handles = watchHandles()
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          const connection = await openConnection(port)
          connection.send(requestText())
          await connection.readUntil('\r\n\r\n')
          // Some while it is decoded, some when much has left.
          if (at % 2 === 0) await eventually('bytes', () => connection.unread.length > 1000)
          connection.destroy()
        }),
      )
    }
    await eventually('all handlers are told', () => closed === 200)
    await eventually('all is freed', () => {
      collectGarbage()
      return handles.living.size === 0 && responses.every((response) => response.deref() === undefined)
    })
    handles.stop()
    // It is no failure, neither of ours nor of the page.
    expect([logged, reasons]).toEqual([[], []])
    // And the next one is served.
    const { port: next } = await serveFiltered((_req, res) => html(res, header).end(encode(Buffer.from(PAGE))))
    expect(CODINGS[name]!.decode((await fetchRaw(next)).body).toString()).toBe(withSnippets(PAGE))
  })

  test('are noticed in the middle of a piece that expands to much', async () => {
    const body = zlib.gzipSync(`<!doctype html><html><head></head><body>${'tea '.repeat(10_000_000)}`)
    let response: WeakRef<ServerResponse> | undefined
    let taken = 0
    const passes = Object.getOwnPropertyDescriptor(Inserter.prototype, 'passes')?.value as Inserter['passes']
    jest.spyOn(Inserter.prototype, 'passes').mockImplementation(function (this: Inserter, chunk) {
      if (++taken === 3) response?.deref()?.destroy()
      return passes.call(this, chunk)
    })
    const { port } = await serveFiltered((_req, res) => {
      response = new WeakRef(res)
      html(res, 'gzip').flushHeaders()
      res.write(body.subarray(0, 60_000))
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readToEnd()
    await eventually('all is over', () => {
      collectGarbage()
      return response?.deref() === undefined
    })
    expect(taken).toBeGreaterThan(2)
    expect(taken).toBeLessThan(20)
  })

  test('have the callbacks of what they did not get called with an error, as on a bare server', async () => {
    const errors: unknown[] = []
    const body = zlib.gzipSync(longPage(20_000_000), { level: 1 })
    const { port } = await serveFiltered((_req, res) => {
      html(res, 'gzip')
      for (let at = 0; at < body.length; at += 1_000_000) {
        res.write(body.subarray(at, at + 1_000_000), (error) =>
          errors.push((error as NodeJS.ErrnoException | null)?.code),
        )
      }
    })
    const connection = await openConnection(port)
    connection.socket.pause()
    connection.send(requestText())
    await eventually('something is written', () => errors.length > 0 || connection.socket.bytesRead > 0)
    connection.destroy()
    await eventually('all are called', () => errors.length === Math.ceil(body.length / 1_000_000))
    expect(errors.at(-1)).toBe('ERR_STREAM_DESTROYED')
  })

  test('handles are freed as well after pages that are complete, cut off, fragments, and refused', async () => {
    const handles = watchHandles()
    const whole = zlib.gzipSync(longPage(100_000))
    const bodies = [whole, whole.subarray(0, 20_000), zlib.gzipSync('<li>Tea</li>'), Buffer.from('no gzip at all')]
    const { port } = await serveFiltered((req, res) => {
      html(res, 'gzip').flushHeaders()
      res.write(bodies[Number(req.url?.slice(1))]!.subarray(0, 15))
      res.end(bodies[Number(req.url?.slice(1))]!.subarray(15))
    })
    for (const at of bodies.keys()) await fetchRaw(port, { path: `/${at}` })
    await eventually('all is freed', () => {
      collectGarbage()
      return handles.living.size === 0
    })
    handles.stop()
  })
})
