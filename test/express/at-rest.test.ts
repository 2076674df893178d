// Pages that are sealed before the store sees them: the crawler notices nothing, and whoever reads the store nothing either.
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import type { CacheProvider, CapturedPage } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { createFacsimile, type FacsimileSettings } from '@facsimile/express'
import { fetchRaw } from '../support/raw-http.js'
import { createTestFacsimile, PAGE, serveFiltered } from '../support/filtered-site.js'

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }

function store() {
  const pages: CapturedPage[] = []
  const provider = createMemoryProvider()
  const cacheProvider: CacheProvider = {
    ...provider,
    store(token, page, options) {
      pages.push(page)
      return provider.store(token, page, options)
    },
  }
  return { pages, cacheProvider }
}

/** Gives a visitor the page and answers what the crawler of `reader` is given, which shares the store. */
async function visitAndFetch(settings: FacsimileSettings, reader: FacsimileSettings = settings) {
  const facsimile = createTestFacsimile({ ...CRAWLER, ...settings })
  let token: string | undefined
  const site = await serveFiltered(
    (_req, res) => {
      token = facsimile.tokenFor(res)
      res.setHeader('Content-Type', 'text/html').end(PAGE)
    },
    { facsimile },
  )
  const { port } = await serveFiltered((_req, res) => res.writeHead(500).end(), {
    facsimile: createTestFacsimile({ ...CRAWLER, ...reader }),
  })
  await fetchRaw(site.port, { path: '/account?id=7' })
  await facsimile.flush()
  return fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
}

describe('encryptionKeys and compression', () => {
  test.each<[string, FacsimileSettings]>([
    ['encrypted', { encryptionKeys: [randomBytes(32)] }],
    ['compressed', { compression: 'brotli' }],
    ['both', { encryptionKeys: [randomBytes(32).toString('base64')], compression: 'gzip' }],
  ])('the crawler is given the exact page, stored %s', async (_how, settings) => {
    const { pages, cacheProvider } = store()
    const fetched = await visitAndFetch({ ...settings, cacheProvider })
    expect(fetched.status).toBe(200)
    expect(fetched.body.toString()).toBe(PAGE)
    expect(pages).toHaveLength(1)
    expect(pages[0]?.url).toBe('/')
  })

  test('nothing of page or address stands in the store', async () => {
    const { pages, cacheProvider } = store()
    await visitAndFetch({ encryptionKeys: [randomBytes(32)], cacheProvider })
    const seen = JSON.stringify(pages) + String(pages[0]?.body.toString('latin1'))
    for (const secret of ['Tea', 'Shop', 'account', 'id=7']) expect(seen).not.toContain(secret)
  })

  test('a page opens with a previous key, and is missing and reported without it', async () => {
    const reasons: unknown[] = []
    const listener = (message: unknown) => reasons.push((message as { reason: string }).reason)
    const [old, current] = [randomBytes(32), randomBytes(32)]
    const { cacheProvider } = store()
    subscribe('facsimile:unreadable', listener)
    const answers = [
      await visitAndFetch({ encryptionKeys: [old], cacheProvider }, { encryptionKeys: [current, old], cacheProvider }),
      await visitAndFetch({ encryptionKeys: [old], cacheProvider }, { encryptionKeys: [current], cacheProvider }),
    ]
    unsubscribe('facsimile:unreadable', listener)
    expect(answers.map(({ status }) => status)).toEqual([200, 404])
    expect(reasons).toEqual(['unknown-key'])
  })

  test.each<[string, unknown]>([
    ['a text in place of the list', 'SuperSecretKeyMaterial'],
    ['a short key', ['SuperSecretKeyMaterial']],
    ['something that is no key', [{ key: 'SuperSecretKeyMaterial' }]],
  ])('%s is refused without being shown', (_what, encryptionKeys) => {
    const create = () => createFacsimile({ encryptionKeys } as FacsimileSettings)
    expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    expect(create).toThrow(/encryptionKeys/)
    expect(create).not.toThrow(/SuperSecret/)
  })
})
