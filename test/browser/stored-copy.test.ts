// The stored copy is a document on the site's own origin: in a browser it must run nothing.
import { expect, test } from '@jest/globals'
import { openBrowser } from '../support/browser.js'
import { serveFiltered } from '../support/filtered-site.js'

const TIMEOUT_MS = 90_000
const POLICY = "script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'"
const PAGE =
  '<!doctype html><title>Tea</title><style nonce="r4nd0m">p{color:rgb(1,2,3)}</style>' +
  '<script nonce="r4nd0m">document.title+=" ran"</script><body><p onclick="document.title+=1">Green</p>'

test.each(['produced', 'sent'] as const)(
  'the nonces of a page that is stored as %s are good in the page, and in its copy no more',
  async (storeAs) => {
    const html = '<script>document.title+=" tracked";copyAt=%FetchUrl%</script>'
    const { port } = await serveFiltered(
      (_req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': POLICY }).end(PAGE)
      },
      {
        settings: {
          snippets: [{ name: 'recorder', placement: 'body-end', html }],
          storeAs,
          disableCache: false,
          allowedAddresses: ['127.0.0.1'],
        },
      },
    )
    const page = await (await openBrowser()).newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    expect(await page.title()).toBe('Tea ran tracked')
    expect(await page.evaluate('getComputedStyle(document.querySelector("p")).color')).toBe('rgb(1, 2, 3)')

    const copy = await page.goto(`http://127.0.0.1:${port}${await page.evaluate<string>('copyAt')}`)
    expect(copy?.status()).toBe(200)
    expect((await copy?.text())?.replace(/<script nonce="">.*?<\/script>/, '')).toBe(PAGE)
    await page.click('p')
    expect(await page.title()).toBe('Tea')
    expect(await page.evaluate('origin + getComputedStyle(document.querySelector("p")).color')).toBe('nullrgb(0, 0, 0)')
  },
  TIMEOUT_MS,
)
