// Rule 1 for responses that are not plain ones: classes of a server's own, prototypes that others have changed.
import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse, type RequestListener } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import express from 'express'
import { createSlowProvider } from '../support/spy-provider.js'
import { fetchRaw } from '../../support/raw-http.js'
import {
  createTestFacsimile,
  listenUntilTheEnd,
  PAGE,
  PAGE_WITH_SNIPPETS,
  serve,
  serveFiltered,
} from '../../support/filtered-site.js'

const whole: RequestListener = (_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE)
const streamed: RequestListener = (_req, res) => {
  res.writeHead(201, { 'Content-Type': 'text/html' }).write(PAGE.slice(0, 50))
  res.end(PAGE.slice(50))
}

/** What passed the methods of a class of responses, and how often. */
function countingClass(methods: readonly ('writeHead' | 'write' | 'end' | 'emit')[]) {
  const seen = { calls: 0 }
  class CountingResponse extends ServerResponse {}
  for (const name of methods) {
    Object.defineProperty(CountingResponse.prototype, name, {
      configurable: true,
      writable: true,
      value(this: ServerResponse, ...args: unknown[]) {
        seen.calls++
        // Like `super`, it asks for what the parent has at that moment.
        return (ServerResponse.prototype[name] as (...args: unknown[]) => unknown).apply(this, args)
      },
    })
  }
  return { seen, CountingResponse }
}

describe('rule 1: a class of responses of the server itself', () => {
  test.each(['writeHead', 'write', 'end', 'emit'] as const)(
    'whose %s() alone cannot be replaced gets the snippets, and keeps all of its methods',
    async (fixed) => {
      const { CountingResponse } = countingClass(['writeHead', 'write', 'end', 'emit'])
      Object.defineProperty(CountingResponse.prototype, fixed, { configurable: false, writable: false })
      const before = Object.getOwnPropertyDescriptors(CountingResponse.prototype)
      const facsimile = createTestFacsimile()
      const listener: RequestListener = (req, res) => facsimile.middleware(req, res, () => streamed(req, res))
      const { port } = await listenUntilTheEnd(createServer({ ServerResponse: CountingResponse }, listener))
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
      expect(Object.getOwnPropertyDescriptors(CountingResponse.prototype)).toEqual(before)
    },
  )

  test.each([
    ['that has nothing of its own', [], false],
    ['with a writeHead()', ['writeHead'], false],
    ['with a write() and an end()', ['write', 'end'], false],
    ['with all of them', ['writeHead', 'write', 'end', 'emit'], false],
    ['that cannot be changed', ['writeHead', 'write', 'end'], true],
  ] as const)('%s gets the snippets once, and is asked as before', async (_name, methods, isFrozen) => {
    const facsimile = createTestFacsimile()
    // The parent's methods are hooked, or not yet, when the class is first seen.
    for (const handler of [whole, streamed]) {
      const { seen, CountingResponse } = countingClass(methods)
      if (isFrozen) Object.freeze(CountingResponse.prototype)
      const listener: RequestListener = (req, res) => facsimile.middleware(req, res, () => handler(req, res))
      for (let round = 0; round < 2; round++) {
        const { port } = await listenUntilTheEnd(createServer({ ServerResponse: CountingResponse }, listener))
        expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
        // The parent is hooked between the rounds.
        expect((await fetchRaw((await serveFiltered(whole, { facsimile })).port)).body.toString()).toBe(
          PAGE_WITH_SNIPPETS,
        )
      }
      if (methods.length > 0) expect(seen.calls).toBeGreaterThan(0)
    }
  })

  test('of which a page is stored, and fetched as it was', async () => {
    const { CountingResponse } = countingClass(['writeHead', 'write', 'end', 'emit'])
    const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
    let token: string | undefined
    const { port } = await listenUntilTheEnd(
      createServer({ ServerResponse: CountingResponse, IncomingMessage }, (req, res) => {
        facsimile.middleware(req, res, () => {
          token = facsimile.tokenFor(res)
          streamed(req, res)
        })
      }),
    )
    await fetchRaw(port)
    await facsimile.flush()
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })).body.toString()).toBe(PAGE)
  })
})

test('rule 29: a class of which the parent tells as well that a page is complete leaves the crawler waiting for it', async () => {
  const { CountingResponse } = countingClass(['writeHead', 'write', 'end', 'emit'])
  const { cacheProvider, open } = createSlowProvider()
  const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'], cacheProvider })
  // Now the parent is hooked.
  await fetchRaw((await serveFiltered(whole, { facsimile })).port)
  let token: string | undefined
  const { port, server } = await listenUntilTheEnd(
    createServer({ ServerResponse: CountingResponse }, (req, res) => {
      facsimile.middleware(req, res, () => {
        token = facsimile.tokenFor(res)
        streamed(req, res)
      })
    }),
  )
  await fetchRaw(port)
  const asked = once(server, 'request')
  const copy = fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
  await asked
  // Whoever does not wait has asked the provider by now.
  await nextTurn()
  open()
  expect((await copy).body.toString()).toBe(PAGE)
})

describe('rule 1: a prototype that others have changed', () => {
  test('after the filter has seen the response', async () => {
    const { port } = await serveFiltered((req, res) => {
      const prototype = Object.create(Object.getPrototypeOf(res) as object) as ServerResponse
      Object.setPrototypeOf(res, prototype)
      streamed(req, res)
    })
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test.each(['writeHead', 'write', 'end'] as const)("with a %s of Express's own response that stays", async (name) => {
    const app = express()
    let calls = 0
    const methods = app.response as unknown as Record<string, (...args: unknown[]) => unknown>
    const inherited = methods[name]
    Object.defineProperty(app.response, name, {
      value(this: ServerResponse, ...args: unknown[]) {
        calls++
        return inherited?.apply(this, args)
      },
    })
    app.use(createTestFacsimile().middleware, streamed)
    const { port } = await serve(app)
    for (let round = 0; round < 2; round++) {
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
    expect(calls).toBeGreaterThanOrEqual(2)
  })

  test('by an application that is mounted further in', async () => {
    const inner = express().get('/', (_req, res) => res.send(PAGE))
    const app = express().use(createTestFacsimile().middleware).use('/shop', inner)
    const { port } = await serve(app)
    expect((await fetchRaw(port, { path: '/shop' })).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})
