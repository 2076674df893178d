// A whole site over one cache provider: what a visitor and the crawler get from it, and after how long.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { expect } from '@jest/globals'
import { createFacsimile } from '@facsimile/express'
import { PAGE, PAGE_WITH_SNIPPETS, SNIPPETS } from '../../support/filtered-site.js'
import { fetchRaw } from '../../support/raw-http.js'
import { eventually } from '../../support/eventually.js'

const VISITS = 40
/** A pull's deadline and what goes round it. */
const MOST_WAIT_MS = 1_500

export interface FaultSite {
  /** Sees that the page is the right one, byte for byte, and gives the token that it is to be stored under. */
  visit(): Promise<string>
  /** Visits, and resolves with the token once the store has done its part, or has failed to. */
  visitAndStore(): Promise<string>
  /** Median milliseconds from a visitor's request to the end of the page. */
  medianVisitMs(): Promise<number>
  /**
   * Sees that the median visit takes less than `mostMs`. A machine that is busy elsewhere may delay the visits of a
   * moment, but what delays every visit is found.
   */
  expectVisitsWithin(mostMs: number): Promise<void>
  /** Sees that the crawler gets this status, and all that belongs to it, in time. */
  expectAnswer(token: string, status: 200 | 404 | 503): Promise<void>
  /** Resolves when a page that was visited can be fetched; rejects after ten seconds. */
  recovery(): Promise<void>
  close(): Promise<void>
}

/** The site whose pages wait at the location `cacheProvider`; the caller closes it. */
export async function openFaultSite(cacheProvider: string): Promise<FaultSite> {
  const facsimile = createFacsimile({ snippets: [...SNIPPETS], allowedAddresses: ['127.0.0.1'], cacheProvider })
  let token: string | undefined
  const server = createServer((req, res) => {
    facsimile.middleware(req, res, () => {
      token = facsimile.tokenFor(res)
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  async function visit(): Promise<string> {
    const { status, body } = await fetchRaw(port)
    expect([status, body.toString()]).toEqual([200, PAGE_WITH_SNIPPETS])
    return String(token)
  }

  async function visitAndStore(): Promise<string> {
    const visited = await visit()
    await facsimile.flush()
    return visited
  }

  const medianVisitMs = () => inTurn(() => medianMs(visit))
  const fetch = (of: string) => fetchRaw(port, { path: `/facsimile?t=${of}` })

  return {
    visit,
    visitAndStore,
    medianVisitMs,
    expectVisitsWithin: (mostMs) =>
      eventually(`the median visit takes less than ${mostMs} ms`, async () => (await medianVisitMs()) < mostMs),
    async expectAnswer(of, status) {
      const begunAt = performance.now()
      const answer = await fetch(of)
      expect(answer.status).toBe(status)
      expect(performance.now() - begunAt).toBeLessThan(MOST_WAIT_MS)
      expect(answer.header('retry-after')).toBe(status === 503 ? '5' : undefined)
      if (status === 200) expect(answer.body.toString()).toBe(PAGE)
    },
    recovery: () =>
      eventually('a visited page can be fetched', async () => {
        const { status, body } = await fetch(await visitAndStore())
        if (status === 200) expect(body.toString()).toBe(PAGE)
        return status === 200
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await facsimile.close()
    },
  }
}

async function medianMs(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < VISITS; count++) {
    const begunAt = performance.now()
    await act()
    times.push(performance.now() - begunAt)
  }
  return times.sort((a, b) => a - b)[VISITS / 2] ?? NaN
}

let lastTurn: Promise<unknown> = Promise.resolve()

/** Of faults that are shown at the same time, only one is measured at a time. */
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(act)
  lastTurn = turn.catch(() => undefined) // whoever took the turn hears of it
  return turn
}
