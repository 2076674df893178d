// What a browser shows as a page gets its snippets, however it came to be asked for; what a script asks for does not.
import type { RequestListener } from 'node:http'
import { expect, test } from '@jest/globals'
import { openBrowser } from '../support/browser.js'
import { eventually } from '../support/eventually.js'
import { serveFiltered } from '../support/filtered-site.js'

const TIMEOUT_MS = 90_000
const SNIPPET = { name: 'mark', placement: 'body-end', html: '<i id="mark"></i>' } as const

const shell = (content: string) => `<!doctype html><html><head><title>t</title></head><body>${content}</body></html>`
/** Hands every navigation on as it came, and everything else too. */
const WORKER = `
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))
`

const handler: RequestListener = (req, res) => {
  if (req.url === '/worker.js') {
    res.setHeader('Content-Type', 'text/javascript').end(WORKER)
    return
  }
  const embedded = ['<iframe src="/iframe"></iframe>', '<object data="/object"></object>', '<embed src="/embed">']
  const frames = '<!doctype html><html><head></head><frameset cols="*"><frame src="/frame"></frameset></html>'
  res.setHeader('Content-Type', 'text/html')
  if (req.url === '/frames') res.end(frames)
  else res.end(shell(req.url === '/all' ? embedded.join('') : '<p>Tea</p>'))
}

test(
  'documents, frames, objects and navigations through a service worker do; fetch() and XMLHttpRequest do not',
  async () => {
    const marked = new Map<string, boolean>()
    const site = await serveFiltered(handler, {
      settings: { snippets: [SNIPPET], allowedAddresses: ['127.0.0.1'] },
    })
    const origin = `http://127.0.0.1:${site.port}`
    const context = await (await openBrowser()).newContext()
    const page = await context.newPage()
    page.on('response', (response) => {
      const status = response.headers()['facsimile-status']
      if (status !== undefined) marked.set(new URL(response.url()).pathname, status.startsWith('injected'))
    })

    await page.goto(`${origin}/all`)
    await page.goto(`${origin}/frames`)
    await page.goto(`${origin}/shell`)
    const byScript = await page.evaluate(`Promise.all([
      fetch('/fetch').then((response) => response.text()),
      new Promise((resolve) => {
        const request = new XMLHttpRequest()
        request.onload = () => resolve(request.responseText)
        request.open('GET', '/xhr')
        request.send()
      }),
    ])`)
    expect(byScript).toEqual([shell('<p>Tea</p>'), shell('<p>Tea</p>')])
    const seen = ['/all', '/iframe', '/object', '/embed', '/frame', '/shell', '/fetch', '/xhr']
    await eventually('all have been answered', () => seen.every((path) => marked.has(path)))
    expect(seen.map((path) => [path, marked.get(path)])).toEqual(
      seen.map((path) => [path, path !== '/fetch' && path !== '/xhr']),
    )

    await page.evaluate(`navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)`)
    await page.goto(`${origin}/through-worker`)
    expect(await page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true)
    expect(await page.locator('#mark').count()).toBe(1)
    expect(await page.evaluate(`fetch('/fetch').then((response) => response.text())`)).toBe(shell('<p>Tea</p>'))
    await context.close()
  },
  TIMEOUT_MS,
)

test(
  'a page that a link has fetched ahead has its snippets, and is not asked for again',
  async () => {
    const asked: (string | undefined)[] = []
    const site = await serveFiltered(
      (req, res) => {
        asked.push(req.url)
        const links = '<link rel="prefetch" href="/next"/><a href="/next">next</a>'
        res.setHeader('Content-Type', 'text/html').setHeader('Cache-Control', 'private, max-age=60')
        res.end(shell(req.url === '/' ? links : '<p>Tea</p>'))
      },
      { settings: { snippets: [SNIPPET] } },
    )
    const page = await (await openBrowser()).newPage()
    await page.goto(`http://127.0.0.1:${site.port}/`)
    await eventually('the page was fetched ahead', async () => {
      const entries = await page.evaluate(`performance.getEntriesByName(new URL('/next', location).href).length`)
      return entries === 1
    })
    await page.click('a')
    await page.waitForURL('**/next')
    expect(await page.locator('#mark').count()).toBe(1)
    expect(asked.filter((url) => url === '/next')).toHaveLength(1)
  },
  TIMEOUT_MS,
)

test(
  'in an XHTML page the snippets run at their places, and the page is the same but for them',
  async () => {
    const note = (name: string) => ({
      name,
      placement: name as 'head-start',
      html: `<script>//<![CDATA[
(window.notes ??= []).push(['${name}', document.querySelectorAll('*').length < 99 && document.currentScript.parentNode.localName].join(' '))
//]]></script>`,
    })
    const site = await serveFiltered(
      (_req, res) =>
        res
          .setHeader('Content-Type', 'application/xhtml+xml')
          .end(
            '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><!-- </body> --><p>Tea</p></body></html>',
          ),
      { settings: { xhtml: true, snippets: ['head-start', 'head-end', 'body-start', 'body-end'].map(note) } },
    )
    const page = await (await openBrowser()).newPage()
    await page.goto(`http://127.0.0.1:${site.port}/`)
    expect(await page.evaluate('notes')).toEqual([
      'head-start head',
      'head-end head',
      'body-start body',
      'body-end body',
    ])
    expect(await page.evaluate(`document.body.textContent.includes('Tea')`)).toBe(true)
  },
  TIMEOUT_MS,
)
