// The four placements as a browser sees them: what a snippet finds of the page when it runs.
import { expect, test } from '@jest/globals'
import type { Placement } from '@facsimile/core'
import { openBrowser } from '../support/browser.js'
import { serveFiltered } from '../support/filtered-site.js'

const TIMEOUT_MS = 90_000
const PLACEMENTS: readonly Placement[] = ['head-start', 'head-end', 'body-start', 'body-end']

/** Notes its placement, and which of the page's own elements are there already. */
const noteOf = (placement: string) =>
  `<script>(window.notes ??= []).push(['${placement}', ...[...document.querySelectorAll('title, h1, p')].map((e) => e.localName)].join(' '))</script>`

const PAGE = '<!doctype html><html><head><title>Tea</title></head><body><h1>Tea</h1><p>Green</p></body></html>'

test(
  'each snippet runs once, after what stands before its place and before what stands behind it',
  async () => {
    const snippets = PLACEMENTS.map((placement) => ({ name: placement, placement, html: noteOf(placement) }))
    const site = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
      settings: { snippets },
    })
    const page = await (await openBrowser()).newPage()
    await page.goto(`http://127.0.0.1:${site.port}/`)
    expect(await page.evaluate('notes')).toEqual([
      'head-start',
      'head-end title',
      'body-start title',
      'body-end title h1 p',
    ])
  },
  TIMEOUT_MS,
)
