// A provider that takes pages in pieces lends memory to each: whatever becomes of the response, it gets it back once.
import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import { constants } from 'node:http2'
import { describe, expect, test } from '@jest/globals'
import type { CacheProvider } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import {
  createTestFacsimile,
  listenUntilTheEnd,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serveFiltered,
} from '../../support/filtered-site.js'
import { asHttp1, behind, serveHttp2 } from '../../support/http2-site.js'

/** The memory provider, with what became of each of its sinks. */
function watchedProvider(): CacheProvider & { readonly fates: string[]; isEverythingBack(): boolean } {
  const provider = createMemoryProvider()
  const fates: string[] = []
  let opened = 0
  return {
    ...provider,
    fates,
    isEverythingBack: () => opened === fates.length,
    openSink() {
      opened++
      const sink = provider.openSink!()
      return {
        add: (bytes) => sink.add(bytes),
        store(...args) {
          fates.push('stored')
          return sink.store(...args)
        },
        discard() {
          fates.push('discarded')
          sink.discard()
        },
      }
    },
  }
}

/** Before the filter hooks them. */
const METHODS_OF_NODE = Object.fromEntries(
  ['writeHead', 'write', 'end', 'emit'].map((name) => [name, Reflect.get(ServerResponse.prototype, name) as unknown]),
)

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')
const start = (res: ServerResponse) => html(res).write(PAGE.slice(0, 60))

describe('the sink of a page', () => {
  test.each<[string, (res: ServerResponse) => unknown, string[], number?]>([
    ['that is written in pieces', (res) => start(res) && res.end(PAGE.slice(60)), ['stored']],
    ['that is given whole', (res) => html(res).end(PAGE), ['stored']],
    ['that turns out to be a fragment', (res) => html(res).write('<p>Tea') && res.end('</p>'), ['discarded']],
    ['that grows beyond maxPageBytes', (res) => start(res) && res.end(PAGE.slice(60).repeat(300)), ['discarded']],
    [
      'whose status Node refuses',
      (res) => {
        res.statusMessage = 'no\nsuch'
        start(res)
      },
      ['discarded'],
      500,
    ],
    [
      'whose headers cannot be edited',
      (res) => {
        const setHeader = res.setHeader.bind(res)
        res.setHeader = (name, value) => {
          if (name === 'Vary') throw new Error('no more headers')
          return setHeader(name, value)
        }
        start(res)
        res.end(PAGE.slice(60))
      },
      ['discarded'],
    ],
  ])('%s is closed once', async (_name, send, fates, status = 200) => {
    const cacheProvider = watchedProvider()
    const facsimile = createTestFacsimile({ disableCache: false, cacheProvider, maxPageBytes: 4_000 })
    const { port } = await serveFiltered(
      (_req, res) => {
        facsimile.tokenFor(res)
        try {
          send(res)
        } catch {
          res.writeHead(500, 'Refused').end()
        }
      },
      { facsimile },
    )
    expect((await fetchRaw(port)).status).toBe(status)
    await facsimile.flush()
    expect(cacheProvider.fates).toEqual(fates)
    expect(cacheProvider.isEverythingBack()).toBe(true)
  })

  test('is closed when the client goes away, and when the handler gives up', async () => {
    const cacheProvider = watchedProvider()
    const facsimile = createTestFacsimile({ disableCache: false, cacheProvider })
    const closed: Promise<void>[] = []
    const { port } = await serveFiltered(
      (req, res) => {
        closed.push(new Promise((resolve) => res.on('close', resolve)))
        facsimile.tokenFor(res)
        start(res)
        if (req.url === '/fails') res.destroy(new Error('no more'))
      },
      { facsimile },
    )
    for (const path of ['/leaves', '/fails']) {
      const connection = await openConnection(port)
      connection.send(requestText({ path }))
      await connection.readUntil('<html>').catch(() => undefined) // the handler may be faster
      connection.destroy()
    }
    await Promise.all(closed)
    expect(closed).toHaveLength(2)
    expect(cacheProvider.fates).toEqual(['discarded', 'discarded'])
  })

  test('is closed when the client goes away from a response of a class that cannot be changed', async () => {
    class FixedResponse extends ServerResponse {}
    Object.freeze(Object.assign(FixedResponse.prototype, METHODS_OF_NODE))
    const cacheProvider = watchedProvider()
    const facsimile = createTestFacsimile({ disableCache: false, cacheProvider })
    const closed = new Promise<void>((resolve) => {
      void listenUntilTheEnd(
        createServer({ ServerResponse: FixedResponse }, (req, res) => {
          res.on('close', resolve)
          facsimile.middleware(req, res, () => {
            facsimile.tokenFor(res)
            start(res)
          })
        }),
      ).then(async ({ port }) => {
        const connection = await openConnection(port)
        connection.send(requestText())
        await connection.readUntil('<html>')
        connection.destroy()
      })
    })
    await closed
    expect(cacheProvider.fates).toEqual(['discarded'])
  })

  test('is closed when the client gives up a stream of HTTP/2', async () => {
    const cacheProvider = watchedProvider()
    const facsimile = createTestFacsimile({ disableCache: false, cacheProvider })
    let closed: Promise<unknown> | undefined
    const client = await serveHttp2(
      behind([facsimile.middleware], (_req, res) => {
        closed = once(res, 'close')
        facsimile.tokenFor(asHttp1(res))
        res.setHeader('content-type', 'text/html')
        res.write(PAGE.slice(0, 60))
      }),
    )
    const page = client.request({ ':path': '/' })
    page.on('error', () => undefined)
    await once(page, 'response')
    page.close(constants.NGHTTP2_CANCEL)
    await closed
    expect(cacheProvider.fates).toEqual(['discarded'])
  })

  test('may throw when it is given back: the visitor does not notice', async () => {
    const provider = createMemoryProvider()
    let discarded = 0
    const discard = () => {
      discarded++
      throw new Error('no memory to give back')
    }
    const cacheProvider = { ...provider, openSink: () => ({ ...provider.openSink!(), discard }) }
    const facsimile = createTestFacsimile({ disableCache: false, cacheProvider, maxPageBytes: 4_000 })
    const { port } = await serveFiltered(
      (req, res) => {
        facsimile.tokenFor(res)
        if (req.url === '/fragment') return html(res).write('<p>Tea') && res.end('</p>')
        start(res)
        return res.end(PAGE.slice(60).repeat(300))
      },
      { facsimile },
    )
    expect((await fetchRaw(port, { path: '/fragment' })).body.toString()).toBe('<p>Tea</p>')
    expect((await fetchRaw(port)).body.toString()).toContain('</html>')
    await facsimile.flush()
    expect(discarded).toBe(2)
  })

  test('may throw: the visitor does not notice, and the page is counted as lost', async () => {
    const reasons: unknown[] = []
    const warn = (fields: object) => void reasons.push((fields as { lost: unknown }).lost)
    const logger = { debug: () => undefined, info: () => undefined, error: () => undefined, warn }
    for (const broken of ['openSink', 'add'] as const) {
      const fail = () => {
        throw new Error('out of memory')
      }
      const provider = createMemoryProvider()
      const openSink = broken === 'openSink' ? fail : () => ({ ...provider.openSink!(), add: fail })
      const cacheProvider = { ...provider, openSink }
      const facsimile = createTestFacsimile({ disableCache: false, cacheProvider, logger })
      const { port } = await serveFiltered(
        (_req, res) => {
          facsimile.tokenFor(res)
          start(res)
          res.end(PAGE.slice(60))
        },
        { facsimile },
      )
      reasons.length = 0
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
      await facsimile.flush()
      expect(reasons).toEqual([{ failed: 1 }])
    }
  })
})
