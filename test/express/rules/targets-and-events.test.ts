// Rule 23 for every form of a request's target, and what observers of the process are told of each response.
import diagnostics from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw } from '../../support/raw-http.js'
import type { FacsimileSettings } from '@facsimile/express'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

describe('rule 23: a path is the same in every form of the target', () => {
  test.each([
    ['/p/tea', PAGE],
    ['http://site.example/p/tea', PAGE],
    ['http://elsewhere.example:8080/p/tea?a=/shop', PAGE],
    ['http://site.example/shop', PAGE_WITH_SNIPPETS],
    ['/shop?/p/tea', PAGE_WITH_SNIPPETS],
    ['//p/tea', PAGE_WITH_SNIPPETS],
  ])('%s', async (path, body) => {
    const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
      settings: { exclude: ['/p/**'] },
    })
    expect((await fetchRaw(port, { path })).body.toString()).toBe(body)
  })

  test('a page that was asked for by its whole URL is stored under its path, and fetched by whichever form', async () => {
    const snippets = [{ name: 'token', placement: 'body-end', html: '<i>%CacheToken%</i>' } as const]
    const { port, facsimile } = await serveFiltered(
      (_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE),
      { settings: { snippets, disableCache: false, deleteAfterPull: false, allowedAddresses: ['127.0.0.1'] } },
    )
    const { body } = await fetchRaw(port, { path: 'http://site.example/tea?cup=1' })
    await facsimile.flush()
    const token = /<i>([\w-]{32})<\/i>/.exec(body.toString())?.[1] ?? ''
    for (const origin of ['', 'http://site.example']) {
      const copy = await fetchRaw(port, { path: `${origin}/facsimile?t=${token}` })
      expect([copy.status, copy.body.toString()]).toEqual([200, PAGE])
    }
  })
})

test('rule 23: for who is passed over, conditions of snippets are not even asked', async () => {
  let asked = 0
  const when = () => {
    asked++
    return true
  }
  const snippets = [{ name: 'asking', placement: 'body-end', html: '<i></i>', when } as const]
  const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
    settings: { snippets },
  })
  expect((await fetchRaw(port, { headers: { Cookie: 'WRUID=0' } })).body.toString()).toBe(PAGE)
  expect(asked).toBe(0)
  expect((await fetchRaw(port)).body.toString()).toContain('<i></i></body>')
  expect(asked).toBe(1)
})

describe('observers', () => {
  async function told(channel: string, type: string, settings: FacsimileSettings = {}) {
    const messages: unknown[] = []
    const listener = (message: unknown) => void messages.push(message)
    diagnostics.subscribe(channel, listener)
    try {
      const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', type).end(PAGE), {
        settings,
      })
      await fetchRaw(port)
      return messages
    } finally {
      diagnostics.unsubscribe(channel, listener)
    }
  }

  test('of facsimile:injected hear how many snippets a page was given', async () => {
    expect(await told('facsimile:injected', 'text/html')).toEqual([{ snippets: 2 }])
    expect(await told('facsimile:injected', 'text/plain')).toEqual([])
    expect(await told('facsimile:injected', 'text/html', { disableFilter: true, disableCache: false })).toEqual([])
  })

  test('of facsimile:skipped hear for which word a response was passed over', async () => {
    expect(await told('facsimile:skipped', 'text/plain')).toEqual([{ reason: 'not-html' }])
    expect(await told('facsimile:skipped', 'text/html')).toEqual([])
  })
})
