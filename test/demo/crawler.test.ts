// The crawler against a shop that misbehaves.
import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createCrawler, type Crawler, type CrawlerSettings } from '../../packages/demo/src/tracker/crawler.js'

const open: (Server | Crawler)[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) {
    thing.close()
    if ('closeAllConnections' in thing) {
      thing.closeAllConnections()
      await once(thing, 'close')
    }
  }
})

async function crawl(listener: RequestListener, settings: Partial<CrawlerSettings> = {}): Promise<Crawler> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const crawler = createCrawler({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...settings })
  open.push(crawler, server)
  return crawler
}

describe('The crawler', () => {
  test('sends no cookies and names itself', async () => {
    const crawler = await crawl((req, res) =>
      res.end(JSON.stringify([req.url, req.headers.cookie, req.headers['user-agent']])),
    )
    const answer = await crawler.fetchAnonymously('/account?a=1')
    expect(answer).toMatchObject({ status: 200, trail: ['/account?a=1'], digestMatches: undefined, page: undefined })
    expect('body' in answer && answer.body.toString()).toBe('["/account?a=1",null,"ReplayDesk/1.0 (stand-in crawler)"]')
  })

  test('asks again, when it is patient, for a copy that has not reached the common store yet', async () => {
    const statuses = [404, 404, 200]
    const crawler = await crawl(
      (_req, res) => {
        res.writeHead(statuses.shift() ?? 500, { 'Served-By': 'b' }).end()
      },
      { retryDelaysMs: [1, 1, 1, 1] },
    )
    expect(await crawler.fetchCopy(createPageToken())).toMatchObject({ status: 404 })
    expect(await crawler.fetchCopy(createPageToken(), { isPatient: true })).toMatchObject({
      status: 200,
      servedBy: 'b',
    })
    expect(statuses).toEqual([])
  })

  test('gives up on a copy that is not there, and asks once only where it was refused', async () => {
    const asked: (string | undefined)[] = []
    const statuses = [404, 404, 403]
    const crawler = await crawl(
      (req, res) => {
        asked.push(req.url)
        res.writeHead(statuses.shift() ?? 500).end()
      },
      { retryDelaysMs: [1] },
    )
    expect(await crawler.fetchCopy(createPageToken(), { isPatient: true })).toMatchObject({ status: 404 })
    expect(await crawler.fetchCopy(createPageToken(), { isPatient: true })).toMatchObject({ status: 403 })
    expect(asked).toHaveLength(3)
  })

  test('notices a body that is not what its digest says', async () => {
    const digest = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'
    const crawler = await crawl((req, res) => {
      res.setHeader('Repr-Digest', digest)
      res.end(req.url?.startsWith('/facsimile') ? 'changed' : '')
    })
    expect(await crawler.fetchCopy(createPageToken())).toMatchObject({ digestMatches: false })
    expect(await crawler.fetchAnonymously('/')).toMatchObject({ digestMatches: true })
  })

  test('follows redirects within the shop, and none for a copy', async () => {
    const crawler = await crawl((req, res) => {
      if (req.url === '/login') res.end('the form')
      else res.writeHead(303, { location: '/login' }).end()
    })
    expect(await crawler.fetchAnonymously('/account')).toMatchObject({ status: 200, trail: ['/account', '/login'] })
    expect(await crawler.fetchCopy(createPageToken())).toMatchObject({ status: 303 })
  })

  test('does not follow a redirect to another site', async () => {
    const crawler = await crawl((_req, res) => res.writeHead(302, { location: 'http://10.0.0.1/secret' }).end())
    expect(await crawler.fetchAnonymously('/')).toMatchObject({ status: 302, trail: ['/'] })
  })

  test('gives up on a circle', async () => {
    const crawler = await crawl((_req, res) => res.writeHead(302, { location: '/again' }).end())
    expect(await crawler.fetchAnonymously('/')).toMatchObject({
      status: 302,
      trail: ['/', '/again', '/again', '/again'],
    })
  })

  test.each([
    ['says nothing', () => undefined],
    ['stops in the middle', (_req, res) => res.writeHead(200, { 'content-length': '100' }).write('half')],
  ] satisfies [string, RequestListener][])('gives up on a shop that %s', async (_what, listener) => {
    const crawler = await crawl(listener, { timeoutMs: 100 })
    expect(await crawler.fetchAnonymously('/')).toEqual({ failure: 'no answer within 100 ms' })
  })

  test('takes no more than it has room for', async () => {
    const crawler = await crawl((_req, res) => res.end('x'.repeat(1001)), { maxBytes: 1000 })
    expect(await crawler.fetchAnonymously('/')).toEqual({ failure: 'the answer is longer than 1000 bytes' })
  })

  test('lets go of what is under way when it closes', async () => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => (arrived = resolve))
    const crawler = await crawl(() => arrived())
    const answer = crawler.fetchAnonymously('/')
    await arrival
    crawler.close()
    expect(await answer).toEqual({ failure: 'Replay desk is closing' })
  })
})
