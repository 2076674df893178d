// The demo as a farm, as `docker compose --profile farm up` starts it: a visitor is served by two servers in turn, and
// Replay desk gets each page, once, from whichever answers.
import { describe, expect, test } from '@jest/globals'
import { withDemoFarm, type DemoFarm } from '../demo/support/demo-farm.js'
import { listenToNews } from '../demo/support/news.js'
import { createVisitor, runScripts, type VisitedPage } from '../demo/support/visitor.js'
import { ask, type Reply } from '../express/support/http-client.js'
import { openRedisStore } from './support/farm-store.js'
import { eventually } from '../support/eventually.js'

const DEADLINE_MS = 60_000
const MAX_ROUNDS = 20

/** A test body that is given a farm with a Redis in common. */
function onFarm(use: (farm: DemoFarm) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = await openRedisStore()
    try {
      await withDemoFarm(store.location, use)
    } finally {
      await store.remove()
    }
  }
}

describe('A visitor of the farm', () => {
  test(
    'stays signed in with a basket, whichever server answers',
    onFarm(async ({ shopUrl }) => {
      const visitor = createVisitor(shopUrl)
      await visitor.signIn()
      await visitor.open('/')
      await visitor.submit('/basket/add', { product: 'loom' })
      const pages = [await visitor.open('/account'), await visitor.open('/account'), await visitor.open('/account')]
      for (const page of pages) {
        expect(page.text).toContain('12 Quay Lane')
        expect(page.text).toContain(`This page was served by ${serverOf(page)}.`)
      }
      expect(new Set(pages.map(serverOf))).toEqual(new Set(['a', 'b']))
      for (let count = 0; count < 2; count++) expect((await visitor.open('/basket')).text).toContain('€64.00')
    }),
    DEADLINE_MS,
  )

  test(
    'and the crawler lose nothing when one server stops',
    onFarm(async ({ shopUrl, port, stopB }) => {
      const visitor = createVisitor(shopUrl)
      await visitor.signIn()
      const pages = [await visitor.open('/account'), await visitor.open('/account')]
      const ofB = pages.find((page) => serverOf(page) === 'b')
      await stopB()
      for (let count = 0; count < 4; count++) {
        const page = await visitor.open('/account')
        expect([page.status, serverOf(page)]).toEqual([200, 'a'])
        expect(page.text).toContain('12 Quay Lane')
      }
      const copy = await crawl(port, fetchPathOf(ofB))
      expect([copy.status, copy.headers['served-by']]).toEqual([200, 'a'])
      expect(copy.text).toBe(withoutScripts(ofB!.text))
    }),
    DEADLINE_MS,
  )
})

describe('Replay desk of the farm', () => {
  test(
    'gets exactly the page that either server made, once, from the other one too',
    onFarm(async ({ shopUrl, trackerUrl }) => {
      const read = async (path: string) => (await fetch(trackerUrl + path)).text()
      const visitor = createVisitor(shopUrl)
      await visitor.signIn()
      const courses = new Set<string>()
      const news = await listenToNews(trackerUrl)
      try {
        for (let round = 0; round < MAX_ROUNDS && !(courses.has('a to b') && courses.has('b to a')); round++) {
          const page = await visitor.open('/account')
          expect((await runScripts(page)).status).toBe(202)
          const id = await news.next()

          expect(await read(`/recordings/${id}/source`)).toBe(withoutScripts(page.text))
          const detail = await read(`/recordings/${id}`)
          expect(detail).toContain('sha-256 matches')
          expect(detail).toContain('Sent away to /login')
          courses.add(`${serverOf(page)} to ${fetchedFrom(detail)}`)

          await fetch(`${trackerUrl}/recordings/${id}/fetch-again`, { method: 'POST' })
          expect(await read(`/recordings/${id}`)).toMatch(/answered\s+<b>404<\/b>: the copy is gone/)
        }
      } finally {
        news.close()
      }
      expect([...courses]).toEqual(expect.arrayContaining(['a to b', 'b to a']))
    }),
    DEADLINE_MS,
  )

  test(
    'is the only one that gets a page: the balancer tells its servers who asks',
    onFarm(async ({ shopUrl, port }) => {
      const page = await createVisitor(shopUrl).open('/')
      const path = fetchPathOf(page)
      for (const headers of [{}, { 'X-Forwarded-For': '127.0.0.1' }]) {
        expect((await ask(port, path, { from: '127.0.0.2', headers })).status).toBe(403)
      }
      const copy = await crawl(port, path)
      expect([copy.status, copy.text]).toEqual([200, withoutScripts(page.text)])
    }),
    DEADLINE_MS,
  )
})

function serverOf(page: VisitedPage): string | null {
  return page.headers.get('served-by')
}

/** Asks for a copy until it has reached the common store. */
async function crawl(port: number, path: string): Promise<Reply> {
  let copy = await ask(port, path)
  await eventually('the copy is in the store', async () => {
    if (copy.status === 404) copy = await ask(port, path)
    return copy.status !== 404
  })
  return copy
}

function fetchedFrom(detail: string): string | undefined {
  return /<dt>Fetched from<\/dt>\s*<dd>(\w+)<\/dd>/.exec(detail)?.[1]
}

/** The page as the shop made it, which has no script of its own. */
function withoutScripts(page: string): string {
  return page.replace(/<script\b[^>]*>[^]*?<\/script>/g, '')
}

/** Path and query of the address where the page's copy waits: an absolute one, at the balancer. */
function fetchPathOf(page: VisitedPage | undefined): string {
  const [, url = ''] = /fetchUrl = "([^"]+)"/.exec(page?.text ?? '') ?? []
  const { origin, pathname, search } = new URL(url)
  expect(origin).toBe(page && new URL(page.url).origin)
  return pathname + search
}
