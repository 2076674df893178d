// The core of the rules under each server that the filter is made for: Express 5 and 4, Connect and bare node:http.
import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw, openConnection } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, STACKS, type StackName } from '../../support/filtered-site.js'

interface Case {
  readonly handler: RequestListener
  /** @default the page with its snippets */
  readonly body?: string
  readonly status?: number
  readonly framing?: string
}

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')

const CASES: Record<string, Case> = {
  'a page that is given whole has the new length': {
    handler: (_req, res) => html(res).end(PAGE),
    framing: 'length',
  },
  'a page that is streamed leaves in chunks': {
    handler: (_req, res) => html(res).write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50)),
    framing: 'chunked',
  },
  'a page that is streamed with its length keeps one': {
    handler: (_req, res) => {
      html(res).setHeader('Content-Length', PAGE.length)
      res.write(PAGE.slice(0, 50))
      res.end(PAGE.slice(50))
    },
    framing: 'length',
  },
  'writeHead() keeps status and headers': {
    handler: (_req, res) => res.writeHead(404, 'Gone away', { 'Content-Type': 'text/html' }).end(PAGE),
    status: 404,
  },
  'a fragment is left alone': {
    handler: (_req, res) => html(res).end('<p>Tea</p></body>'),
    body: '<p>Tea</p></body>',
    framing: 'length',
  },
  'JSON is left alone': {
    handler: (_req, res) => res.setHeader('Content-Type', 'application/json').end(JSON.stringify(PAGE)),
    body: JSON.stringify(PAGE),
    framing: 'length',
  },
  'no-transform is obeyed': {
    handler: (_req, res) => html(res).setHeader('Cache-Control', 'no-transform').end(PAGE),
    body: PAGE,
  },
  '204 has no body': { handler: (_req, res) => res.writeHead(204).end(), body: '', status: 204, framing: 'none' },
}

describe.each(Object.keys(STACKS) as StackName[])('under %s', (stack) => {
  test.each(Object.entries(CASES))('%s', async (_name, { handler, body, status = 200, framing }) => {
    const { port } = await serveFiltered(handler, { stack })
    const response = await fetchRaw(port)
    expect(response.body.toString()).toBe(body ?? PAGE_WITH_SNIPPETS)
    expect(response.status).toBe(status)
    expect(framing ?? response.framing).toBe(response.framing)
  })

  test('HEAD has no body, and a connection serves one request after the other', async () => {
    const { port } = await serveFiltered((_req, res) => html(res).end(PAGE), { stack })
    const connection = await openConnection(port)
    expect((await connection.ask({ method: 'HEAD' })).status).toBe(200)
    expect((await connection.ask()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect((await connection.ask()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    connection.destroy()
  })

  test('a page is stored, and fetched once as it was', async () => {
    const snippets = [{ name: 'token', placement: 'body-end', html: '<i>%CacheToken%</i>' } as const]
    const { port, facsimile } = await serveFiltered((_req, res) => html(res).end(PAGE), {
      stack,
      settings: { disableCache: false, allowedAddresses: ['127.0.0.1'], snippets },
    })
    const token = /<i>([\w-]{32})<\/i><\/body>/.exec((await fetchRaw(port)).body.toString())?.[1] ?? ''
    await facsimile.flush()
    const copy = await fetchRaw(port, { path: `/facsimile?t=${token}` })
    expect([copy.status, copy.body.toString()]).toEqual([200, PAGE])
    expect((await fetchRaw(port, { path: `/facsimile?t=${token}` })).status).toBe(404)
  })

  test('a page whose handler gives up is cut off', async () => {
    const { port } = await serveFiltered(
      (_req, res) => {
        html(res).write('<!doctype html><html><head></head><body>')
        res.destroy(new Error('no tea'))
      },
      { stack },
    )
    await expect(fetchRaw(port)).rejects.toThrow('ended')
  })
})
