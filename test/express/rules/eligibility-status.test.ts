// Pages of every status get their snippets; the body of a redirect, which no visitor sees, does not.
import { describe, expect, test } from '@jest/globals'
import { fetchRaw } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair } from '../../support/filtered-site.js'

const answer = (url: string | undefined) => {
  const [, status = '', location] = (url ?? '').split('/')
  return { status: Number(status), headers: location === undefined ? {} : { Location: `/${location}` } }
}

describe('a page', () => {
  test.each([200, 201, 202, 203, 300, 400, 401, 403, 404, 410, 418, 422, 429, 451, 500, 502, 503, 599])(
    'of status %i gets its snippets, with and without a Location that nobody follows',
    async (status) => {
      const { port } = await serveFiltered((req, res) => {
        const { headers } = answer(req.url)
        res.writeHead(status, { 'Content-Type': 'text/html', ...headers }).end(PAGE)
      })
      for (const path of [`/${status}`, `/${status}/there`]) {
        const response = await fetchRaw(port, { path })
        expect([response.status, response.body.toString()]).toEqual([status, PAGE_WITH_SNIPPETS])
      }
    },
  )
})

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('of status %i leaves byte for byte as from a bare server', async (status) => {
    const { bare, filtered } = await servePair((req, res) => {
      const { headers } = answer(req.url)
      res.writeHead(status, { 'Content-Type': 'text/html', ETag: '"1"', ...headers }).end(PAGE)
    })
    const request = { path: `/${status}/there` }
    const [expected, actual] = await Promise.all([bare, filtered].map(({ port }) => fetchRaw(port, request)))
    expect(actual?.wire.toString().replace(/Date: .*/, '')).toBe(expected?.wire.toString().replace(/Date: .*/, ''))
  })

  test.each([301, 302, 303, 307, 308])('of status %i that leads nowhere is shown, and so a page', async (status) => {
    const { port } = await serveFiltered((_req, res) =>
      res.writeHead(status, { 'Content-Type': 'text/html' }).end(PAGE),
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})
