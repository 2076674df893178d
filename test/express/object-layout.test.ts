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

/** Of how many the class is the one of who came before: a collection of garbage in between makes V8 begin anew. */
function countAlike(objects: readonly object[]): number {
  return objects.filter((object, index) => index > 0 && haveSameClass(objects[index - 1]!, object)).length
}

const VISITS = 24
/** Room for a collection or two. */
const MOST = VISITS - 8

describe('the layout of requests and responses under Express', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function visit(app: express.Express, times: number, path = '/'): Promise<void> {
    const server = createServer(app).listen(0, '127.0.0.1')
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

  async function pairsBehind(...middlewares: express.RequestHandler[]) {
    const pairs: { req: IncomingMessage; res: ServerResponse }[] = []
    const app = express()
    for (const middleware of middlewares) app.use(middleware)
    app.get('/', (req, res) => {
      pairs.push({ req, res })
      res.send('<!doctype html><p>page')
    })
    await visit(app, VISITS)
    return pairs
  }

  it('lets all requests share one hidden class, and all responses another, whatever this V8 makes of Express', async () => {
    const pairs = await pairsBehind(createFacsimile({ disableCache: true, snippets: [SNIPPET] }).middleware)
    expect(countAlike(pairs.map(({ res }) => res))).toBeGreaterThan(MOST)
    expect(countAlike(pairs.map(({ req }) => req))).toBeGreaterThan(MOST)
  })

  it('does so for those that ask for a stored page', async () => {
    const pairs: { req: IncomingMessage; res: ServerResponse }[] = []
    const app = express()
    app.use((req, res, next) => {
      pairs.push({ req, res })
      next()
    })
    app.use(createFacsimile().middleware)
    await visit(app, VISITS, '/facsimile?t=none')
    expect(countAlike(pairs.map(({ res }) => res))).toBeGreaterThan(MOST)
    expect(countAlike(pairs.map(({ req }) => req))).toBeGreaterThan(MOST)
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
    const { middleware } = createFacsimile({ disableCache: true, snippets: [SNIPPET] })
    await pairsBehind(note(before), middleware, note(after))
    expect(after).toEqual(before)
    expect(after[0]?.['locals']?.value).toBe(before[0]?.['locals']?.value)
    expect(after[0]?.['originalUrl']).toEqual({ value: '/', writable: true, enumerable: true, configurable: true })
  })

  it('leaves a property that cannot be put back, and one that is computed, as they are', async () => {
    const { middleware } = createFacsimile({ disableCache: true, snippets: [SNIPPET] })
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
