import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createFacsimile } from '@facsimile/express'
import express from 'express'
import { afterEach, describe, expect, it } from '@jest/globals'

interface Pair {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

const VISITS = 24
const worker = join(import.meta.dirname, 'workers', 'object-layout.mjs')
const runFile = promisify(execFile)

/**
 * How many of 24 have the class of the one before them, in the best of some applications. V8 keeps the class of dictionaries
 * with one prototype in one of 64 places, which the prototype's address tells: once in a while requests and responses have
 * the same place, and drive each other out of it.
 */
async function mostAlike(way: string): Promise<number> {
  const { stdout } = await runFile(process.execPath, [worker, way])
  const { visits, counts } = JSON.parse(stdout) as { visits: number; counts: { req: number; res: number }[] }
  expect(visits).toBe(VISITS)
  return Math.max(...counts.map(({ req, res }) => Math.min(req, res)))
}

describe('the layout of requests and responses under Express', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  const visit = (app: express.Express, times: number, path?: string) => visitServer(createServer(app), times, path)

  async function visitServer(server: ReturnType<typeof createServer>, times: number, path = '/'): Promise<void> {
    server.listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (let count = 0; count < times; count++) {
      const [answer] = (await once(get({ port, path, host: '127.0.0.1', agent: false }), 'response')) as [
        IncomingMessage,
      ]
      answer.resume()
      await once(answer, 'end')
    }
  }

  async function pairsBehind(...middlewares: express.RequestHandler[]): Promise<readonly Pair[]> {
    const pairs: Pair[] = []
    const app = express()
    for (const middleware of middlewares) app.use(middleware)
    app.get('/', (req, res) => {
      pairs.push({ req, res })
      res.send('<!doctype html><p>page')
    })
    await visit(app, VISITS)
    return pairs
  }

  const createFilter = () => createFacsimile({ disableCache: true, snippets: [SNIPPET] }).middleware

  it.each(['behind the filter', 'of the fetch path', 'before any middleware', 'in a mounted application'])(
    'lets all requests share one hidden class, and all responses another, whatever this V8 makes of Express: %s',
    async (way) => {
      // A collection of garbage or two make V8 begin anew.
      expect(await mostAlike(way)).toBeGreaterThan(VISITS - 8)
    },
    30_000,
  )

  it('leaves locals a property like any other', async () => {
    const middleware = createFilter()
    const seen: unknown[] = []
    const look: express.RequestHandler = (_req, res, next) => {
      seen.push(Object.getOwnPropertyDescriptor(res, 'locals'), Object.keys(res).includes('locals'))
      res.locals = { tea: 1 }
      seen.push(Object.getOwnPropertyDescriptor(res, 'locals'))
      Reflect.deleteProperty(res, 'locals')
      seen.push(res.locals)
      res.locals = { tea: 2 }
      seen.push(res.locals)
      next()
    }
    await pairsBehind(look, middleware)
    const plain = { writable: true, enumerable: true, configurable: true }
    const once = [
      { value: Object.create(null) as object, ...plain },
      true,
      { value: { tea: 1 }, ...plain },
      undefined,
      { tea: 2 },
    ]
    expect(seen).toEqual(Array.from({ length: VISITS }, () => once).flat())
  })

  it('leaves locals alone that somebody has set before Express', async () => {
    const app = express()
    app.use(createFilter())
    const seen: unknown[] = []
    app.use((_req, res) => {
      seen.push(res.locals)
      res.send('<!doctype html><p>page')
    })
    const server = createServer((req, res) => {
      Object.assign(res, { locals: { early: true } })
      app(req, res)
    })
    await visit(app, 2)
    await visitServer(server, 2)
    expect(seen.slice(2)).toEqual([{ early: true }, { early: true }])
  })

  it('leaves every property as it was', async () => {
    const before: PropertyDescriptorMap[] = []
    const after: PropertyDescriptorMap[] = []
    const note =
      (list: PropertyDescriptorMap[]): express.RequestHandler =>
      (req, res, next) => {
        list.push({
          originalUrl: Object.getOwnPropertyDescriptor(req, 'originalUrl')!,
          locals: Object.getOwnPropertyDescriptor(res, 'locals')!,
        })
        next()
      }
    const middleware = createFilter()
    await pairsBehind(note(before), middleware, note(after))
    expect(after).toEqual(before)
    expect(after[0]?.['locals']?.value).toBe(before[0]?.['locals']?.value)
    expect(after[0]?.['originalUrl']).toEqual({ value: '/', writable: true, enumerable: true, configurable: true })
  })

  it('leaves a property that cannot be put back, and one that is computed, as they are', async () => {
    const middleware = createFilter()
    const pin: express.RequestHandler = (req, res, next) => {
      Object.defineProperty(req, 'originalUrl', { value: '/pinned', writable: false, configurable: false })
      Object.defineProperty(res, 'locals', { get: () => 'computed', configurable: true })
      next()
    }
    const [{ req, res }] = (await pairsBehind(pin, middleware)) as [Awaited<ReturnType<typeof pairsBehind>>[0]]
    expect(Object.getOwnPropertyDescriptor(req, 'originalUrl')?.value).toBe('/pinned')
    expect((res as express.Response).locals).toBe('computed')
  })
})

const SNIPPET = { name: 'recorder', placement: 'body-end', html: '<script></script>' } as const
