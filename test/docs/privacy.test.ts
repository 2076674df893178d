// docs/privacy.md is true: its settings leave out whom they say, and its example asks first.
import { expect, test } from '@jest/globals'
import { startExample } from '../support/example-program.js'
import { serveFiltered } from '../support/filtered-site.js'
import { exampleIn, facsimileIn, replaceAll } from '../support/page-examples.js'
import { fetchRaw } from '../support/raw-http.js'

const PAGE = 'docs/privacy.md'
const CRAWLER_IS_HERE = { '192.0.2.0/24': '127.0.0.1' }
const PRODUCED = '<!doctype html><html><body>Hello</body></html>'
const SNIPPETS = [{ name: 'recorder', placement: 'body-end', html: '<script>fetchFrom = %FetchUrl%</script>' }] as const

const fetchUrlIn = (page: string) => /fetchFrom = "([^"]+)"/.exec(page)?.[1]

test('careful settings leave untouched who says no and what is excluded, and record the others', async () => {
  const env = { FACSIMILE_KEY: Buffer.alloc(32, 7).toString('base64') }
  const facsimile = facsimileIn(PAGE, 'careful', { snippets: SNIPPETS, env, changes: CRAWLER_IS_HERE })
  const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PRODUCED), {
    facsimile,
  })
  const shown = async (path: string, headers: Record<string, string> = {}) =>
    (await fetchRaw(port, { path, headers })).body.toString()
  for (const headers of [{ Cookie: 'WRUID=0' }, { 'Sec-GPC': '1' }, { DNT: '1' }]) {
    expect(await shown('/', headers)).toBe(PRODUCED)
  }
  for (const path of ['/account/cards/1', '/messages/2']) expect(await shown(path)).toBe(PRODUCED)
  const fetchUrl = fetchUrlIn(await shown('/account'))
  expect(await shown(fetchUrl ?? '/none')).toBe(PRODUCED)
})

test('the example that asks first records who agreed, and nobody else', async () => {
  const program = await startExample(replaceAll(exampleIn(PAGE, 'consent'), CRAWLER_IS_HERE))
  try {
    const ask = (path: string, cookie = '') => fetch(`http://127.0.0.1:${program.port}${path}`, { headers: { cookie } })
    for (const cookie of ['', 'consent=none', 'noconsent=recording', 'consent=recording2']) {
      expect(await (await ask('/', cookie)).text()).toBe(PRODUCED)
    }
    const page = await ask('/', 'a=b; consent=recording')
    expect(page.headers.get('vary')).toMatch(/^Cookie\b/)
    const fetchUrl = fetchUrlIn(await page.text())
    expect(await (await ask(fetchUrl ?? '/none')).text()).toBe(PRODUCED)
    expect(await program.stop()).toBe(0)
  } finally {
    await program.stop()
  }
})
