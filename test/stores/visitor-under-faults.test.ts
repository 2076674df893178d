// A real store that dies, freezes or never answers, behind a whole site: the visitor notices nothing, the crawler is asked
// to come back and is never told that a page does not exist, and after the fault everything works again by itself.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { startMariadb, startRedis, type ThrowAwayServer } from '../../scripts/services.mjs'
import { fetchRaw } from '../support/raw-http.js'
import { createTestFacsimile, PAGE_WITH_SNIPPETS, PAGE, serveFiltered } from '../support/filtered-site.js'

const VISITS = 40
const MOST_DELAY_MS = 5
/** A pull's deadline and what goes round it. */
const MOST_WAIT_MS = 1_500
const MOST_RECOVERY_MS = 10_000

interface StoreKind {
  readonly name: string
  readonly start: () => Promise<ThrowAwayServer>
  readonly locationAt: (url: string) => string
}

const STORES: readonly StoreKind[] = [
  { name: 'Redis', start: startRedis, locationAt: (url) => `${url}?prefix=faults:` },
  { name: 'MariaDB', start: startMariadb, locationAt: (url) => `${url}?table=faults` },
]

async function openSite(cacheProvider: string) {
  const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'], cacheProvider })
  let token: string | undefined
  const { port } = await serveFiltered(
    (_req, res) => {
      token = facsimile.tokenFor(res)
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    },
    { facsimile },
  )
  return {
    /** The token that the page was stored under, once the store has been asked to keep it. */
    async visit(): Promise<string> {
      expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
      return String(token)
    },
    flush: () => facsimile.flush(),
    fetch: (of: string) => fetchRaw(port, { path: `/facsimile?t=${of}` }),
  }
}

type Site = Awaited<ReturnType<typeof openSite>>

/** Median milliseconds from a visitor's request to the end of the page, which is compared byte for byte. */
async function medianVisit(site: Site): Promise<number> {
  const times: number[] = []
  for (let visit = 0; visit < VISITS; visit++) {
    const begunAt = performance.now()
    await site.visit()
    times.push(performance.now() - begunAt)
  }
  return times.sort((a, b) => a - b)[VISITS / 2] ?? NaN
}

async function expectUnavailable(site: Site, token: string): Promise<void> {
  const begunAt = performance.now()
  const answer = await site.fetch(token)
  expect(answer.status).toBe(503)
  expect(answer.header('retry-after')).toBe('5')
  expect(performance.now() - begunAt).toBeLessThan(MOST_WAIT_MS)
}

/** A signal takes a moment to reach a server: resolves when a page that was never stored is no miss any more. */
async function faultInEffect(site: Site): Promise<void> {
  const deadline = performance.now() + MOST_WAIT_MS
  while ((await site.fetch(createPageToken())).status !== 503) {
    if (performance.now() > deadline) throw new Error('The store goes on answering.')
  }
}

/** Resolves when a visited page can be fetched again. */
async function recovery(site: Site): Promise<void> {
  const deadline = performance.now() + MOST_RECOVERY_MS
  for (;;) {
    const token = await site.visit()
    await site.flush()
    const { status, body } = await site.fetch(token)
    if (status === 200) {
      expect(body.toString()).toBe(PAGE)
      return
    }
    if (performance.now() > deadline)
      throw new Error(`No page could be fetched ${MOST_RECOVERY_MS} ms after the fault.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => {
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

describe.each(STORES)('a site whose $name', ({ start, locationAt }) => {
  test.each<[string, (server: ThrowAwayServer) => Promise<void>, (server: ThrowAwayServer) => Promise<void>]>([
    ['freezes', (server) => server.kill('SIGSTOP'), (server) => server.kill('SIGCONT')],
    ['is killed', (server) => server.kill('SIGKILL'), (server) => server.restart()],
  ])('%s, and comes back', async (_fault, begin, end) => {
    const server = await start()
    try {
      const site = await openSite(locationAt(server.url))
      await recovery(site)
      const healthyMs = await medianVisit(site)
      const waiting = await site.visit()
      await site.flush()
      await begin(server)
      await faultInEffect(site)
      await expectUnavailable(site, waiting)
      expect(await medianVisit(site)).toBeLessThan(healthyMs + MOST_DELAY_MS)
      await expectUnavailable(site, createPageToken())
      await end(server)
      await recovery(site)
    } finally {
      await server.stop()
    }
  })

  test('accepts connections and never answers', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined))).listen(
      0,
      '127.0.0.1',
    )
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    try {
      const scheme = start === startRedis ? 'redis://' : 'mysql://user:password@'
      const site = await openSite(`${scheme}127.0.0.1:${port}${start === startRedis ? '' : '/pages'}`)
      await medianVisit(site)
      await expectUnavailable(site, createPageToken())
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })

  test('is not there', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    const scheme = start === startRedis ? 'redis://' : 'mysql://user:password@'
    const site = await openSite(`${scheme}127.0.0.1:${port}${start === startRedis ? '' : '/pages'}`)
    await medianVisit(site)
    await expectUnavailable(site, createPageToken())
  })
})
