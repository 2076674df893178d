// A visitor's way to a page is filtered; a script's request for HTML, and a part of a page, are not.
import { describe, expect, test } from '@jest/globals'
import { fetchRaw, type RawResponse } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

async function ask(headers: Record<string, string>): Promise<RawResponse> {
  const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
    settings: { allowedAddresses: ['127.0.0.1'] },
  })
  return fetchRaw(port, { headers })
}

describe('is a page', () => {
  test.each<[what: string, headers: Record<string, string>]>([
    ['what a client without these headers asks for', {}],
    ['a document', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' }],
    ['the content of an iframe', { 'Sec-Fetch-Dest': 'iframe' }],
    ['the content of a frame', { 'Sec-Fetch-Dest': 'frame' }],
    ['the content of an embed element', { 'Sec-Fetch-Dest': 'embed' }],
    ['the content of an object element', { 'Sec-Fetch-Dest': 'object' }],
    ['the content of a fenced frame', { 'Sec-Fetch-Dest': 'fencedframe' }],
    ['a navigation that a service worker hands on', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate' }],
    ['what a link fetches ahead', { 'Sec-Fetch-Dest': 'empty', 'Sec-Purpose': 'prefetch' }],
    ['what is fetched ahead and rendered', { 'Sec-Fetch-Dest': 'empty', 'Sec-Purpose': 'prefetch;prerender' }],
    ['what an app shows in itself', { 'X-Requested-With': 'com.example.browser' }],
    ['what an app of a like name shows in itself', { 'X-Requested-With': 'com.example.XMLHttpRequest' }],
    ['what another app of a like name shows in itself', { 'X-Requested-With': 'XMLHttpRequest.example' }],
    ['a navigation, whatever else is said', { 'Sec-Fetch-Dest': 'document', 'X-Requested-With': 'XMLHttpRequest' }],
    ['what a client that is no browser fetches', { 'Sec-Fetch-Mode': 'cors' }],
  ])('%s', async (_what, headers) => {
    expect((await ask(headers)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })
})

describe('is no page', () => {
  test.each<[what: string, headers: Record<string, string>]>([
    ['what fetch() asks for', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors' }],
    ['a template that is loaded as a script', { 'Sec-Fetch-Dest': 'script' }],
    ['an error page in place of an image', { 'Sec-Fetch-Dest': 'image' }],
    ['an error page in place of a style sheet', { 'Sec-Fetch-Dest': 'style' }],
    ['what XMLHttpRequest of an old browser asks for', { 'X-Requested-With': 'XMLHttpRequest' }],
    ['the same in another case', { 'X-Requested-With': 'xmlhttprequest' }],
    ['a destination that is not known', { 'Sec-Fetch-Dest': 'something' }],
    ['a purpose that is not known', { 'Sec-Fetch-Dest': 'empty', 'Sec-Purpose': 'prefetching' }],
  ])('%s', async (_what, headers) => {
    const response = await ask(headers)
    expect(response.body.toString()).toBe(PAGE)
    expect(response.header('facsimile-status')).toBe('skipped; reason=not-navigation')
    expect(response.header('vary')).toBeUndefined()
  })
})

test('rule 18: Vary names the destination, but for what is fetched ahead, which browsers would ask for once more', async () => {
  expect((await ask({ 'Sec-Fetch-Dest': 'document' })).header('vary')).toBe('Cookie, X-Requested-With, Sec-Fetch-Dest')
  const ahead = { 'Sec-Fetch-Dest': 'empty', 'Sec-Purpose': 'prefetch' }
  expect((await ask(ahead)).header('vary')).toBe('Cookie, X-Requested-With')
})

test('a script that asks gets no token, and the application sees its conditions', async () => {
  const facsimile = createTestFacsimile({ disableCache: false })
  const seen: unknown[] = []
  const { port } = await serveFiltered(
    (req, res) => {
      seen.push([facsimile.tokenFor(res) === undefined, req.headers['if-none-match']])
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    },
    { facsimile },
  )
  const conditions = { 'If-None-Match': '"1"', Accept: 'text/html' }
  await fetchRaw(port, { headers: { ...conditions, 'Sec-Fetch-Dest': 'empty' } })
  await fetchRaw(port, { headers: { ...conditions, 'Sec-Fetch-Dest': 'document' } })
  expect(seen).toEqual([
    [true, '"1"'],
    [false, undefined],
  ])
})
