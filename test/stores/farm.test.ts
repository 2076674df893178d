// A farm as users run it: two server processes behind a balancer, and a crawler that finds each page wherever it is.
import { describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { BALANCER_KIND } from './support/farm-balancer.js'
import { answerOf, fetchUrlOf, isExactCopy, withFarm, type Farm } from './support/farm-bench.js'
import { openMysqlStore, openRedisStore } from './support/farm-store.js'

const PAGES = 1_000
/** Pages under way at the same time: fewer than Facsimile stores at once, so that none is dropped. */
const BATCH = 20
const DEADLINE_MS = 60_000

const paths = Array.from({ length: BATCH }, (_, index) => `/account/${index}`)

describe(`two servers behind ${BALANCER_KIND}`, () => {
  test.each([
    ['Redis', openRedisStore],
    ['MariaDB or MySQL', openMysqlStore],
  ])(
    `with %s in common: each of ${PAGES} pages of one server is fetched once, byte for byte, from the other`,
    async (_name, openStore) => {
      const store = await openStore()
      try {
        await withFarm({ cacheProvider: store.location }, {}, async (farm) => {
          await eventually('the farm has connected to its store', () => storesPages(farm))
          // A page that was given up may have arrived all the same.
          const strays = await store.count()
          const digests = new Set<unknown>()
          for (let done = 0; done < PAGES; done += BATCH) {
            const pages = await Promise.all(paths.map((path) => farm.visit('a', path)))
            pages.forEach(({ headers }) => digests.add(headers['produced-digest']))
            await farm.a.flush()
            expect(await store.count()).toBe(strays + BATCH)
            const copies = await Promise.all(pages.map((page) => farm.crawl(page)))
            const again = await Promise.all(pages.map((page) => farm.crawl(page)))
            const course = pages.map((page, index) => ({
              visit: answerOf(page),
              fetch: answerOf(copies[index]!),
              isExact: isExactCopy(copies[index]!, page),
              again: answerOf(again[index]!),
            }))
            expect(course).toEqual(pages.map(() => ({ visit: 'a 200', fetch: 'b 200', isExact: true, again: 'b 404' })))
            expect(await store.count()).toBe(strays)
          }
          expect(digests.size).toBe(PAGES)
        })
      } finally {
        await store.remove()
      }
    },
    DEADLINE_MS,
  )

  test(
    'with a memory each: the sticky cookie in the fetch URL leads the crawler to the server that has the page',
    () =>
      withFarm({ stickyCookies: ['farm_server'] }, {}, async (farm) => {
        const pages = await visitBoth(farm)
        const stray = await Promise.all(pages.a.map((page) => farm.crawl(page, { withoutCookies: true })))
        expect(stray.map(answerOf)).toEqual(paths.map(() => 'b 404'))
        for (const name of ['a', 'b'] as const) {
          const copies = await Promise.all(pages[name].map((page) => farm.crawl(page)))
          expect(copies.map(answerOf)).toEqual(paths.map(() => `${name} 200`))
          expect(copies.every((copy, index) => isExactCopy(copy, pages[name][index]!))).toBe(true)
          const again = await Promise.all(pages[name].map((page) => farm.crawl(page)))
          expect(again.map(answerOf)).toEqual(paths.map(() => `${name} 404`))
        }
        expect(pages.a.map((page) => fetchUrlOf(page, 80).hash)).toEqual(
          paths.map(() => '#CTFetchCookies=farm_server%3Da%3B'),
        )
      }),
    DEADLINE_MS,
  )

  test(
    'with a memory each and a fetchUrl of its own: the crawler goes straight to the server that has the page',
    () =>
      withFarm({}, { hasDirectHost: true }, async (farm) => {
        const pages = await visitBoth(farm)
        for (const name of ['a', 'b'] as const) {
          expect(pages[name].map((page) => fetchUrlOf(page, 80).host)).toEqual(
            paths.map(() => `127.0.0.1:${farm[name].port}`),
          )
          const copies = await Promise.all(pages[name].map((page) => farm.crawl(page)))
          expect(copies.map(answerOf)).toEqual(paths.map(() => `${name} 200`))
          expect(copies.every((copy, index) => isExactCopy(copy, pages[name][index]!))).toBe(true)
          const again = await Promise.all(pages[name].map((page) => farm.crawl(page)))
          expect(again.map(answerOf)).toEqual(paths.map(() => `${name} 404`))
        }
      }),
    DEADLINE_MS,
  )
})

/** Visits to both servers, which the balancer tells apart by their cookie. */
/** A busy machine may lose the pages that come while the store is being connected to; after that none is lost. */
async function storesPages(farm: Farm): Promise<boolean> {
  const page = await farm.visit('a', paths[0]!)
  await farm.a.flush()
  return answerOf(await farm.crawl(page)) === 'b 200'
}

async function visitBoth(farm: Farm) {
  const [a, b] = await Promise.all([
    Promise.all(paths.map((path) => farm.visit('a', path))),
    Promise.all(paths.map((path) => farm.visit('b', path))),
  ])
  expect([a, b].map((pages) => [...new Set(pages.map(answerOf))])).toEqual([['a 200'], ['b 200']])
  return { a, b }
}
