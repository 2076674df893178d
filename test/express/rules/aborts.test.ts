// Rule 25: a client that goes away leaves nothing behind.
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { collectGarbage } from '../../support/collect-garbage.js'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, HEAD_SNIPPET, PAGE, serve, serveFiltered, SNIPPETS } from '../../support/filtered-site.js'

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }
const TOKEN_SNIPPET = { name: 'token', placement: 'head-end', html: '<script>t=%CacheToken%</script>' } as const

/** Waits until `isTrue`, at most for 5 seconds. */
async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('It did not become true within 5 s.')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('rule 25: a client that goes away midway', () => {
  test('150 of them are all noticed by the handler, and none of their responses stays in memory', async () => {
    const responses: WeakRef<ServerResponse>[] = []
    let closed = 0
    const { port } = await serveFiltered(
      (_req, res) => {
        responses.push(new WeakRef(res))
        res.on('close', () => closed++)
        // The tail is held back and waits for silence.
        res.setHeader('Content-Type', 'text/html').write(PAGE)
      },
      { settings: { ...CRAWLER, snippets: [TOKEN_SNIPPET, SNIPPETS[1]] } },
    )
    const tokens: string[] = []
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 15 }, async () => {
          const connection = await openConnection(port)
          connection.send(requestText())
          tokens.push(/t=([\w-]{32})/.exec(await connection.readUntil('<p>Tea'))?.[1] ?? '')
          connection.destroy()
        }),
      )
    }
    await until(() => closed === 150)
    await until(() => {
      collectGarbage()
      return responses.every((response) => response.deref() === undefined)
    })
    // Nobody waits for their pages: a fetch is answered at once.
    for (const token of tokens.slice(0, 5)) {
      expect((await fetchRaw(port, { path: `/facsimile?t=${token}` })).status).toBe(404)
    }
    expect(new Set(tokens).size).toBe(150)
  }, 20_000)

  test('before anything was written, the token that the application asked for is given up', async () => {
    const facsimile = createTestFacsimile(CRAWLER)
    let token: string | undefined
    let isClosed = false
    let closeListeners = 0
    const { port } = await serveFiltered(
      (_req, res) => {
        // Asked for as often as the application likes: it is the same one, and one listener.
        for (let time = 0; time < 20; time++) token = facsimile.tokenFor(res)
        closeListeners = res.listenerCount('close')
        res.on('close', () => (isClosed = true))
      },
      { facsimile },
    )
    const connection = await openConnection(port)
    connection.send(requestText())
    await until(() => token !== undefined)
    connection.destroy()
    await until(() => isClosed)
    expect(closeListeners).toBeLessThan(5)
    expect((await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })).status).toBe(404)
  })

  test('the next request on the same server is served', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', 'text/html').write(PAGE.slice(0, 50))
      res.write(PAGE.slice(50), () => setImmediate(() => res.end()))
    })
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readUntil('\r\n\r\n')
    connection.destroy()
    expect((await fetchRaw(port)).body.toString()).toContain(HEAD_SNIPPET)
  })
})

describe('rule 25: a connection that stays open', () => {
  test('leaves nothing of a thousand pages in memory', async () => {
    const responses: WeakRef<ServerResponse>[] = []
    const { port } = await serveFiltered(
      (req, res) => {
        responses.push(new WeakRef(res))
        res.setHeader('Content-Type', 'text/html')
        if (req.url === '/whole') return res.end(PAGE)
        res.write(PAGE.slice(0, 50))
        return res.end(PAGE.slice(50))
      },
      { settings: { ...CRAWLER, snippets: [TOKEN_SNIPPET, SNIPPETS[1]] } },
    )
    const connection = await openConnection(port)
    for (let round = 0; round < 500; round++) {
      await connection.ask({ path: '/whole' })
      await connection.ask({ path: '/streamed' })
    }
    connection.destroy()
    await until(() => {
      collectGarbage()
      return responses.every((response) => response.deref() === undefined)
    })
    expect(responses).toHaveLength(1_000)
  }, 20_000)

  test('gathers no listeners', async () => {
    const counts: number[] = []
    const { middleware } = createTestFacsimile()
    const { port } = await serve((req, res) => {
      middleware(req, res, () => {
        const { socket } = req
        counts.push(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0))
        res.setHeader('Content-Type', 'text/html').write(PAGE)
        res.end()
      })
    })
    const connection = await openConnection(port)
    for (let round = 0; round < 30; round++) await connection.ask()
    expect(counts).toHaveLength(30)
    expect(counts.at(-1)).toBe(counts[1])
    connection.destroy()
  })
})
