// A site whose pages wait in a real store, sealed: the crawler gets each once, and whoever reads the store gets nothing.
import { describe, expect, test } from '@jest/globals'
import type { FacsimileSettings } from '@facsimile/express'
import type { Express } from 'express'
import { startSite } from '../express/support/site.js'
import { newKey, STORES, type BareStore } from './support/at-rest-store.js'

const SALT = newKey().toString('hex')
const URL_PATH = `/accounts/${SALT}?tab=statement&month=2031-07`
const CONTENT_TYPE = `text/html; charset=iso-8859-15; profile=${SALT}`
const ROWS = Array.from({ length: 1_000 }, (_, row) => `<tr><td>Überweisung ${row}</td><td>${row * 17},00 ¤</td></tr>`)
const SHORT_PAGE = '<!doctype html><title>Kontostand</title><body><p>Ihr Guthaben beträgt 17,00 ¤</p></body>'
const LONG_PAGE = `<!doctype html><title>Kontoauszug</title><body><table>${ROWS.join('\n')}</table></body>`
/** Its bytes are no UTF-8. */
const bytesOf = (page: string): Buffer => Buffer.from(page, 'latin1')

/** What the crawler must get, and nobody else may see. */
const SECRETS = [bytesOf(SHORT_PAGE), bytesOf(LONG_PAGE), Buffer.from(URL_PATH), Buffer.from(CONTENT_TYPE)]
const RUN_BYTES = 8

const SEALED: readonly (readonly [string, FacsimileSettings])[] = [
  ['sealed', { encryptionKeys: [newKey(), newKey()] }],
  ['compressed and sealed', { encryptionKeys: [newKey(), newKey()], compression: 'brotli' }],
]

describe.each(STORES)('a site whose pages wait in %s', (_name, withStore) => {
  test.each(SEALED)('%s: gives the crawler the produced bytes once, and the store nothing of them', async (_way, way) =>
    withStore(async (store) => {
      const site = await startBank(store, way)
      for (const page of [SHORT_PAGE, LONG_PAGE]) {
        const visited = await site.visit(page === LONG_PAGE ? `${URL_PATH}&long` : URL_PATH)
        await site.facsimile.flush()
        expect(await store.count()).toBe(1)
        expect(sharedRun(await store.dump())).toBeUndefined()
        const fetched = await site.crawl(visited)
        expect([fetched.status, fetched.headers['content-type']]).toEqual([200, CONTENT_TYPE])
        expect(fetched.body.equals(bytesOf(page))).toBe(true)
        expect((await site.crawl(visited)).status).toBe(404)
        expect(await store.count()).toBe(0)
      }
    })(),
  )

  test(
    'as they are: shows them to whoever reads the store, and the check of the sealed ones finds that',
    withStore(async (store) => {
      const site = await startBank(store, {})
      await site.visit(URL_PATH)
      await site.facsimile.flush()
      const dump = await store.dump()
      for (const secret of [bytesOf(SHORT_PAGE), URL_PATH, CONTENT_TYPE]) expect(dump.includes(secret)).toBe(true)
      expect(sharedRun(dump)).toBeDefined()
    }),
  )

  test(
    'compressed only: gives the crawler the produced bytes once, and keeps less than a quarter of them',
    withStore(async (store) => {
      const site = await startBank(store, { compression: 'gzip' })
      const visited = await site.visit(`${URL_PATH}&long`)
      await site.facsimile.flush()
      expect((await store.dump()).length).toBeLessThan(LONG_PAGE.length / 4)
      expect((await site.crawl(visited)).body.equals(bytesOf(LONG_PAGE))).toBe(true)
      expect((await site.crawl(visited)).status).toBe(404)
      expect(await store.count()).toBe(0)
    }),
  )
})

function startBank({ location }: BareStore, settings: FacsimileSettings) {
  return startSite({ ...settings, cacheProvider: location }, (app: Express) => {
    app.use((req, res) => {
      res.setHeader('Content-Type', CONTENT_TYPE)
      res.end(bytesOf(req.url.endsWith('&long') ? LONG_PAGE : SHORT_PAGE))
    })
  })
}

/** The first eight bytes in a row that `bytes` have in common with one of the secrets. */
function sharedRun(bytes: Buffer): string | undefined {
  const lying = new Set(runsOf(bytes))
  return SECRETS.flatMap(runsOf).find((run) => lying.has(run))
}

function runsOf(bytes: Buffer): string[] {
  const text = bytes.toString('latin1')
  return Array.from({ length: Math.max(0, text.length - RUN_BYTES + 1) }, (_, at) => text.slice(at, at + RUN_BYTES))
}
