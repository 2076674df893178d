import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createFacsimile } from '@facsimile/express'
import express from 'express'
import { afterEach, describe, expect, it } from '@jest/globals'

setFlagsFromString('--allow-natives-syntax')
const haveSameClass = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean

interface Pair {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** Of how many the class is the one of who came before: a collection of garbage in between makes V8 begin anew. */
function countAlike(objects: readonly object[]): number {
  return objects.filter((object, index) => index > 0 && haveSameClass(objects[index - 1]!, object)).length
}

const VISITS = 24
/** Room for a collection or two. */
const MOST = VISITS - 8
const MOST_TRIES = 8

/**
 * V8 keeps the class of dictionaries with one prototype in one of 64 places, which the prototype's address tells. In one
 * process of 64 requests and responses have the same place, and drive each other out of it; so some applications are tried.
 * Without Facsimile none would do.
 */
async function expectShared(visitOne: () => Promise<readonly Pair[]>): Promise<void> {
  let most = 0
  for (let tries = 0; tries < MOST_TRIES && most <= MOST; tries++) {
    const pairs = await visitOne()
    most = Math.max(most, Math.min(countAlike(pairs.map(({ req }) => req)), countAlike(pairs.map(({ res }) => res))))
  }
  expect(most).toBeGreaterThan(MOST)
}

const between: unknown[][] = []

/** An application whose requests have their prototype somewhere else in memory than those of the one before. */
function createApp(): express.Express {
  const app = express()
  between.push(new Array(between.length * 5 + 1))
  const parent = Object.getPrototypeOf(app.request) as object
  app.request = Object.create(parent, Object.getOwnPropertyDescriptors(app.request)) as express.Request
  return app
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
    const app = createApp()
    for (const middleware of middlewares) app.use(middleware)
    app.get('/', (req, res) => {
      pairs.push({ req, res })
      res.send('<!doctype html><p>page')
    })
    await visit(app, VISITS)
    return pairs
  }

  const createFilter = () => createFacsimile({ disableCache: true, snippets: [SNIPPET] }).middleware

  it('lets all requests share one hidden class, and all responses another, whatever this V8 makes of Express', async () => {
    await expectShared(() => pairsBehind(createFilter()))
  })

  it('does so for those that ask for a stored page', async () => {
    await expectShared(async () => {
      const pairs: Pair[] = []
      const app = createApp()
      app.use((req, res, next) => {
        pairs.push({ req, res })
        next()
      })
      app.use(createFacsimile().middleware)
      await visit(app, VISITS, '/facsimile?t=none')
      return pairs
    })
  })

  it('does so before any middleware, the first request aside', async () => {
    await expectShared(async () => {
      const pairs: Pair[] = []
      const app = createApp()
      app.use((req, res, next) => {
        pairs.push({ req, res })
        // Before the first of them has reached Facsimile, whether it ever does is not known.
        if (pairs.length === 1) next()
        else res.end()
      })
      app.use(createFilter())
      await visit(app, VISITS)
      return pairs
    })
  })

  it('does so in an application that is mounted in another one', async () => {
    await expectShared(async () => {
      const pairs: Pair[] = []
      const inner = createApp()
      inner.use(createFilter())
      inner.use((req, res) => {
        pairs.push({ req, res })
        res.send('<!doctype html><p>page')
      })
      await visit(express().use(inner), VISITS)
      return pairs
    })
  })

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
