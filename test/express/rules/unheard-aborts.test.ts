// Rule 25: Node does not always tell that a client has gone, or tells it before the filter is there to hear; nothing of
// such a page is kept all the same.
import { once } from 'node:events'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { createMemoryProvider, type CacheProvider } from '@facsimile/core'
import type { Middleware } from '@facsimile/express'
import { collectGarbage } from '../../support/collect-garbage.js'
import { eventually } from '../../support/eventually.js'
import { PAGE, serveFiltered, SNIPPETS } from '../../support/filtered-site.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'

const TOKEN_SNIPPET = { name: 'token', placement: 'head-end', html: '<script>t=%CacheToken%</script>' } as const

/** A memory provider, and how many bodies it has been given in part and not yet been told the fate of. */
function createCountingProvider(): { readonly cacheProvider: CacheProvider; openBodies(): number; bodies(): number } {
  const provider = createMemoryProvider()
  let open = 0
  let all = 0
  return {
    openBodies: () => open,
    bodies: () => all,
    cacheProvider: {
      ...provider,
      openSink() {
        const sink = provider.openSink!()
        open++
        all++
        return {
          add: (bytes) => sink.add(bytes),
          discard() {
            open--
            sink.discard()
          },
          store: (...args) => (open--, sink.store(...args)),
        }
      },
    },
  }
}

async function serveCounting(handler: RequestListener, outside: readonly Middleware[] = []) {
  const counting = createCountingProvider()
  const { cacheProvider } = counting
  const settings = { cacheProvider, disableCache: false, allowedAddresses: ['127.0.0.1'] }
  const site = await serveFiltered(handler, {
    settings: { ...settings, snippets: [TOKEN_SNIPPET, SNIPPETS[1]] },
    outside,
  })
  return { ...site, ...counting }
}

/** A function of its own on the response, as `compression` and others put there. */
const coverMethods: Middleware = (_req, res, next) => {
  const write = res.write.bind(res) as (...args: unknown[]) => boolean
  res.write = ((...args: unknown[]) => write(...args)) as typeof res.write
  next()
}

describe('rule 25: responses that wait behind others on their connection', () => {
  test.each(['text/html', 'application/json'])('are let go when they have been sent: %s', async (contentType) => {
    const responses: WeakRef<ServerResponse>[] = []
    const site = await serveCounting((_req, res) => {
      responses.push(new WeakRef(res))
      res.setHeader('Content-Type', contentType).write(PAGE.slice(0, 50))
      setImmediate(() => res.end(PAGE.slice(50)))
    })
    const connection = await openConnection(site.port)
    connection.send(requestText().repeat(6))
    for (let number = 0; number < 6; number++) await connection.read()
    await eventually('nothing keeps them, though the connection is open', () => {
      collectGarbage()
      // Node itself may keep the last one.
      return responses.slice(0, 5).every((response) => response.deref() === undefined)
    })
    expect(connection.socket.readyState).toBe('open')
    connection.destroy()
  })
})

describe('rule 25: a client that goes away unheard', () => {
  test('before the filter was reached: what the handler writes is not kept', async () => {
    let written = 0
    const site = await serveCounting(
      (_req, res) => {
        res.on('error', () => undefined)
        res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 50))
        written++
      },
      [(_req, res, next) => void once(res, 'close').then(() => next())],
    )
    const connection = await openConnection(site.port)
    const asked = once(site.server, 'request')
    connection.send(requestText())
    await asked
    connection.socket.resetAndDestroy()
    await eventually('the handler has written', () => written === 1)
    expect(site.openBodies()).toBe(0)
  })

  test.each<[how: string, outside: readonly Middleware[]]>([
    ['as it is', []],
    ['covered by another middleware', [coverMethods]],
  ])('before the handler wrote, on a response %s: nothing is kept', async (_how, outside) => {
    let written = 0
    const site = await serveCounting((_req, res) => {
      res.on('error', () => undefined)
      res.on('close', () => {
        res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 50))
        res.write(PAGE.slice(50))
        written++
      })
    }, outside)
    const connection = await openConnection(site.port)
    const asked = once(site.server, 'request')
    connection.send(requestText())
    await asked
    connection.socket.resetAndDestroy()
    await eventually('the handler has written', () => written === 1)
    expect(site.openBodies()).toBe(0)
  })

  test('while its page waited behind another on the connection: what was kept is let go', async () => {
    const written: string[] = []
    const site = await serveCounting((req, res) => {
      res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 70))
      written.push(req.url ?? '')
      // What follows comes after the client has gone.
      res.req.socket.once('close', () => {
        res.write(PAGE.slice(70))
        written.push('rest')
      })
    })
    const connection = await openConnection(site.port)
    connection.send(['/1', '/2', '/3'].map((path) => requestText({ path })).join(''))
    await eventually('three handlers have written', () => written.length === 3)
    expect(site.openBodies()).toBe(3)
    connection.socket.resetAndDestroy()
    await eventually('the rest is written', () => written.length === 6)
    expect(site.openBodies()).toBe(0)
    expect(site.bodies()).toBe(3)
  })

  test('before the filter was reached, while its turn had not come: its page gets no token', async () => {
    const tokens: unknown[] = []
    const site = await serveCounting(
      (req, res) => {
        if (req.url === '/1') return
        res.setHeader('Content-Type', 'text/html')
        tokens.push(site.facsimile.tokenFor(res))
        res.write(PAGE.slice(0, 50))
      },
      [(req, _res, next) => (req.url === '/1' ? next() : void req.socket.once('close', next))],
    )
    const connection = await openConnection(site.port)
    const asked = eventually('both have asked', async () => (await once(site.server, 'request'), true))
    connection.send(['/1', '/2'].map((path) => requestText({ path })).join(''))
    await asked
    connection.socket.resetAndDestroy()
    await eventually('the handler has written', () => tokens.length === 1)
    expect(tokens).toEqual([undefined])
    expect(site.openBodies()).toBe(0)
  })

  test('while a complete page waited behind another: a fetch is answered at once', async () => {
    let token: string | undefined
    const site = await serveCounting((req, res) => {
      res.setHeader('Content-Type', 'text/html')
      if (req.url === '/1') res.write(PAGE.slice(0, 50))
      else {
        token = site.facsimile.tokenFor(res)
        res.end(PAGE)
      }
    })
    const connection = await openConnection(site.port)
    connection.send(['/1', '/2'].map((path) => requestText({ path })).join(''))
    await eventually('the second page has ended', () => token !== undefined)
    connection.socket.resetAndDestroy()
    await eventually('nobody is connected', async () => (await countConnections(site.server)) === 0)
    expect((await fetchRaw(site.port, { path: `/facsimile?t=${String(token)}` })).status).toBe(404)
  })

  test('pages that wait behind others are stored when their turn has come', async () => {
    let release: () => void = () => undefined
    const counts: number[] = []
    const site = await serveCounting((req, res) => {
      res.setHeader('Content-Type', 'text/html')
      counts.push(req.socket.listenerCount('close'))
      if (req.url === '/0') release = () => res.end(PAGE)
      else {
        res.write(PAGE.slice(0, 50))
        res.end(PAGE.slice(50))
      }
    })
    const connection = await openConnection(site.port)
    connection.send(Array.from({ length: 20 }, (_, number) => requestText({ path: `/${number}` })).join(''))
    await eventually('all handlers were called', () => counts.length === 20)
    release()
    const tokens: string[] = []
    for (let number = 0; number < 20; number++) {
      const { body } = await connection.read()
      tokens.push(/t=([\w-]{32})/.exec(body.toString())?.[1] ?? '')
    }
    // One listener for all of them.
    expect(Math.max(...counts) - counts[0]!).toBeLessThanOrEqual(1)
    for (const token of tokens) {
      expect((await fetchRaw(site.port, { path: `/facsimile?t=${token}` })).body.toString()).toBe(PAGE)
    }
    connection.destroy()
  })
})

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}
