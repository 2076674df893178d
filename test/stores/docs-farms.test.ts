// The example of a shared store in docs/farms.md is true: any server of the farm has the pages of all.
import { afterEach, expect, test } from '@jest/globals'
import { fetchRaw } from '../support/raw-http.js'
import { serveFiltered } from '../support/filtered-site.js'
import { facsimileIn } from '../support/page-examples.js'
import { openMysqlStore, openRedisStore, type FarmStore } from './support/farm-store.js'

const PAGE = '<!doctype html><html><body>Tea</body></html>'
const SNIPPETS = [{ name: 'recorder', placement: 'body-end', html: '<script>fetchFrom = %FetchUrl%</script>' }] as const

const closing: (() => Promise<unknown>)[] = []
let store: FarmStore | undefined
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await store?.remove()
  store = undefined
})

async function startServer({ location }: FarmStore) {
  const changes = { '192.0.2.0/24': '127.0.0.1' }
  const facsimile = facsimileIn('docs/farms.md', 'shared-store', {
    snippets: SNIPPETS,
    env: { FACSIMILE_STORE: location },
    changes,
  })
  closing.push(() => facsimile.close())
  return serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), { facsimile })
}

test.each([
  ['Redis', openRedisStore],
  ['MySQL or MariaDB', openMysqlStore],
])('with %s in common the crawler gets a page from the server that did not make it', async (_name, openStore) => {
  store = await openStore()
  const [a, b] = [await startServer(store), await startServer(store)]
  const page = (await fetchRaw(a.port)).body.toString()
  const path = /fetchFrom = "([^"]+)"/.exec(page)?.[1] ?? ''
  await a.facsimile.flush()
  const copy = await fetchRaw(b.port, { path })
  expect([copy.status, copy.body.toString()]).toEqual([200, PAGE])
  expect((await fetchRaw(a.port, { path })).status).toBe(404)
})
