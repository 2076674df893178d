// The client that fetches stored pages: each once, whatever goes wrong.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { parsePageToken } from '@facsimile/core'
import { fetchPages, tokenOf } from '../../scripts/bench/stored-pages.mjs'

const PAGE = Buffer.alloc(300_000, 'page ')

describe('the fetches of the benchmark', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  async function portOf(answer: RequestListener): Promise<number> {
    const server = createServer(answer).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  test('have tokens that are well formed and differ', () => {
    expect([0, 1, 99_999].map(tokenOf).map(parsePageToken)).toEqual([tokenOf(0), tokenOf(1), tokenOf(99_999)])
    expect(tokenOf(1)).not.toBe(tokenOf(2))
  })

  test('ask for each page once, over a few connections', async () => {
    const asked: (string | undefined)[] = []
    const connections = new Set<unknown>()
    const port = await portOf((req, res) => {
      asked.push(req.url)
      connections.add(req.socket)
      res.end(PAGE)
    })
    expect(await fetchPages(port, { from: 5, to: 105, again: false })).toBeGreaterThan(0)
    expect(asked.sort()).toEqual(Array.from({ length: 100 }, (_, index) => `/facsimile?t=${tokenOf(5 + index)}`))
    expect(connections.size).toBe(16)
  })

  test('ask for one page as often as there would be pages', async () => {
    const asked: (string | undefined)[] = []
    const port = await portOf((req, res) => {
      asked.push(req.url)
      res.end(PAGE)
    })
    await fetchPages(port, { from: 0, to: 50, again: true })
    expect(asked).toEqual(Array(50).fill(`/facsimile?t=${tokenOf(0)}`))
  })

  test.each<[string, RequestListener, RegExp]>([
    ['a page is not there', (_req, res) => void res.writeHead(404).end(), /answered with "HTTP\/1\.1 404/],
    ['a connection breaks', (_req, res) => void res.destroy(), /closed a connection|ECONNRESET/],
    ['an answer does not tell its length', (_req, res) => void res.write('page'), /does not tell its length/],
    [
      'pages are of different lengths',
      (req, res) => void res.end(PAGE.subarray(req.url?.endsWith('20') ? 0 : 1)),
      /An answer has \d+ bytes in place of \d+/,
    ],
  ])('fail when %s', async (_, answer, message) => {
    await expect(fetchPages(await portOf(answer), { from: 0, to: 100, again: false })).rejects.toThrow(message)
  })
})
