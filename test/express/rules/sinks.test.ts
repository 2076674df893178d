// A provider that takes pages in pieces lends memory to each: whatever becomes of the response, it gets it back once.
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { CacheProvider } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

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
