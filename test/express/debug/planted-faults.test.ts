// The debug page finds what is wrong with an installation and names the remedy; with one in order it finds nothing.
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { WORDS, type Explanation } from '@facsimile/core'
import { createDemo } from '@facsimile/demo'
import { createFacsimile, type Facsimile, type FacsimileSettings } from '@facsimile/express'
import compression from 'compression'
import express, { type Express } from 'express'
import { eventually } from '../../support/eventually.js'
import type { AskOptions } from '../support/http-client.js'
import { afterwards, createFolder, listen, PAGE, RECORDER, siteAt } from '../support/site.js'
import { createSpyProvider } from '../support/spy-provider.js'
import {
  DEBUG,
  debugSiteAt,
  startDebugSite,
  type DebugSite,
  type DebugSiteOptions,
  type ShownReport,
} from './debug-site.js'

interface PlantedFault extends DebugSiteOptions {
  readonly fault: string
  /** What must be found, among others. */
  readonly words: readonly string[]
  /** The path that is explained. */
  readonly path?: string
  /** What happens before the page is asked for. */
  readonly first?: (site: DebugSite) => Promise<unknown>
  /** How the viewer asks. */
  readonly viewer?: AskOptions
}

/** Every word of the table, by any of its kinds. */
const EXPLANATIONS = new Map<string, readonly Explanation[]>()
for (const words of Object.values(WORDS)) {
  for (const [word, explanation] of Object.entries(words))
    EXPLANATIONS.set(word, [...(EXPLANATIONS.get(word) ?? []), explanation])
}

const wrongIn = ({ verdicts }: ShownReport) =>
  verdicts.filter(({ level }) => level === 'fault' || level === 'warning').map(({ word }) => word)

/** Pages with these headers. */
const pagesWith = (headers: Readonly<Record<string, string>>) => (app: Express) => {
  app.get('/', (_req, res) => void res.set(headers).send(PAGE))
}

const deadStore = () => {
  const fail = () => Promise.reject(new Error('the store is dead'))
  return createSpyProvider({
    store: fail,
    pull: fail,
    peek: fail,
    check: () => Promise.resolve(['The store is dead.']),
  })
}

const TABLE: readonly PlantedFault[] = [
  {
    fault: 'a route that stands before the filter',
    words: ['filter-not-reached'],
    before: (app) => app.get('/early', (_req, res) => void res.send(PAGE)),
    path: '/early',
  },
  {
    fault: 'compression inside the filter',
    words: ['compressed-inside'],
    inside: (app) => app.use(compression({ threshold: 0 })),
  },
  {
    fault: 'the filter mounted twice',
    words: ['mounted-twice'],
    inside: (app, facsimile) => app.use(facsimile.responseFilter),
  },
  {
    fault: 'another Facsimile further in',
    words: ['already-injected'],
    inside(app) {
      const inner = createFacsimile({ snippets: [RECORDER], fetchPath: '/inner' })
      afterwards(() => inner.close(100))
      app.use(inner.middleware)
    },
  },
  {
    fault: 'a page for shared caches',
    words: ['page-cacheable'],
    routes: pagesWith({ 'Cache-Control': 'public, max-age=600' }),
  },
  {
    fault: 'a page that shared caches alone may keep',
    words: ['page-cacheable'],
    routes: pagesWith({ 'Cache-Control': 'max-age=0, s-maxage="60"' }),
  },
  {
    fault: 'a page for the cache of the browser',
    words: ['page-kept-by-browsers'],
    routes: pagesWith({ 'Cache-Control': 'private, max-age=600' }),
  },
  {
    fault: 'a page with an Expires alone',
    words: ['page-cacheable'],
    routes: pagesWith({ Expires: new Date(Date.now() + 3_600_000).toUTCString() }),
  },
  {
    fault: 'a policy that blocks the snippet',
    words: ['snippet-blocked'],
    routes: pagesWith({ 'Content-Security-Policy': "script-src 'self'", 'Cache-Control': 'no-store' }),
  },
  { fault: 'a site without robots.txt', words: ['robots-allowed'], robots: '' },
  {
    fault: 'a robots.txt without the line',
    words: ['robots-allowed'],
    robots: 'User-agent: *\nDisallow: /private\n',
  },
  {
    fault: 'a trusted proxy that is another one',
    words: ['proxy-not-trusted'],
    settings: { clientAddress: { source: 'x-forwarded-for', trustedProxies: ['10.9.9.9'] } },
    viewer: { headers: { 'X-Forwarded-For': '192.0.2.1' } },
  },
  {
    fault: 'a proxy that nobody told Facsimile of',
    words: ['proxy-not-trusted'],
    viewer: { headers: { Forwarded: 'for=192.0.2.1' } },
  },
  {
    fault: 'a crawler that is not on the allowlist',
    words: ['crawler-denied'],
    first: async (site) => site.crawl(await site.visit(), { from: '127.0.0.3' }),
  },
  {
    fault: 'a crawler that never comes',
    words: ['crawler-absent'],
    settings: { maxCachedSeconds: 1 },
    async first(site) {
      await site.visit()
      await eventually('the page expires', async () => (await site.report()).events.counts['expired'] === 1)
    },
  },
  {
    fault: 'a crawler that comes too late',
    words: ['crawler-late'],
    settings: { maxCachedSeconds: 1 },
    async first(site) {
      const page = await site.visit()
      await eventually('the page expires', async () => (await site.report()).events.counts['expired'] === 1)
      await site.crawl(page)
    },
  },
  {
    fault: 'a dead store',
    words: ['store-failing', 'failed', 'pages-lost'],
    get settings() {
      return { cacheProvider: deadStore() }
    },
    async first(site) {
      await site.visit()
      await eventually('the page is lost', async () => (await site.report()).events.counts['lost'] === 1)
    },
  },
  { fault: 'a maxPageBytes that is too small', words: ['too-large'], settings: { maxPageBytes: 10 } },
  { fault: 'a sampleRatio of 0', words: ['nothing-sampled', 'sampled-out'], settings: { sampleRatio: 0 } },
  { fault: 'a path that is excluded', words: ['excluded'], settings: { exclude: ['/acc*'] }, path: '/account' },
  {
    fault: 'a charset that is none of ASCII',
    words: ['charset'],
    routes: (app) => app.get('/', (_req, res) => void res.type('text/html; charset=utf-16').end(Buffer.from(PAGE))),
  },
  {
    fault: 'pages that forbid changes',
    words: ['no-transform'],
    routes: pagesWith({ 'Cache-Control': 'no-store, no-transform' }),
  },
  {
    fault: 'pages without a type',
    words: ['not-html'],
    routes: (app) => app.get('/', (_req, res) => void res.end(PAGE)),
  },
  {
    fault: 'a fetch URL in plain HTTP on an HTTPS site, where nothing answers',
    words: ['fetch-url-insecure', 'fetcher-unreachable'],
    settings: { fetchUrl: 'http://127.0.0.1:1/facsimile?t=%CacheToken%' },
    viewer: { headers: { 'X-Forwarded-Proto': 'https' } },
  },
  {
    fault: 'an allowlist that lets in everybody',
    words: ['allowlist-wide'],
    settings: { allowedAddresses: ['127.0.0.1', '0.0.0.0/0'] },
  },
  {
    fault: 'trusted proxies that anybody can be',
    words: ['proxies-wide'],
    settings: {
      allowedAddresses: ['192.0.2.7'],
      clientAddress: { source: 'x-forwarded-for', trustedProxies: ['0.0.0.0/1'] },
    },
    viewer: { headers: { 'X-Forwarded-For': '192.0.2.7' } },
  },
  {
    fault: 'a fetch URL that leads elsewhere on the site',
    words: ['fetch-url-elsewhere'],
    settings: { fetchUrl: 'https://127.0.0.1:1/copies?t=%CacheToken%' },
  },
  { fault: 'disableFilter', words: ['filter-disabled'], settings: { disableFilter: true } },
  { fault: 'disableCache', words: ['cache-disabled'], settings: { disableCache: true } },
  { fault: 'no snippets', words: ['no-snippets'], settings: { snippets: [] } },
  {
    fault: 'snippets without a fetch URL',
    words: ['fetch-url-missing'],
    settings: { snippets: [{ ...RECORDER, html: '<script>recorded=1</script>' }] },
  },
  { fault: 'an opt-out', words: ['cookie'], viewer: { headers: { Cookie: 'WRUID=0' } } },
  {
    fault: 'a privacy signal that counts',
    words: ['privacy'],
    settings: { privacySignals: ['gpc'] },
    viewer: { headers: { 'Sec-GPC': '1' } },
  },
]

describe('a planted fault is found, with its remedy:', () => {
  test.each(TABLE)('$fault', async ({ words, path, first, viewer, ...options }) => {
    const site = await startDebugSite(options)
    await first?.(site)
    const report = await site.report(path, viewer)
    const wrong = wrongIn(report)
    expect(wrong).toEqual(expect.arrayContaining([...words]))
    for (const { word, meaning, remedy } of report.verdicts) {
      if (word !== undefined) expect(EXPLANATIONS.get(word)).toContainEqual([meaning, remedy])
    }
    const { text } = await site.debug(path === undefined ? '' : `?path=${encodeURIComponent(path)}`, viewer)
    for (const word of words) expect(text).toContain(`data-word="${word}"`)
  })

  test('a path that is excluded, with the pattern that does it', async () => {
    const site = await startDebugSite({ settings: { include: ['/a*', '/b*'], exclude: ['/x/**', '/acc*'] } })
    const detailsOf = async (path: string) =>
      (await site.report(path)).verdicts.flatMap(({ word, details }) => (word === 'excluded' ? details : []))
    expect(await detailsOf('/account?q=1')).toContain('The pattern /acc* of `exclude` matches it.')
    expect(await detailsOf('/other')).toContain('No pattern of `include` matches it.')
  })

  test.each([
    ['an opt-out of the viewer', {}, { headers: { Cookie: 'WRUID=0' } }, 'warning', 'cookie'],
    ['chance', { sampleRatio: 1e-9 }, {}, 'unknown', 'sampled-out'],
  ] as const)('%s, which says nothing against the filter', async (_what, settings, viewer, level, word) => {
    const site = await startDebugSite({ settings, internals: { random: () => 0.5 } })
    const { verdicts } = await site.report(undefined, viewer)
    expect(verdicts).toContainEqual(expect.objectContaining({ level, word }))
    expect(verdicts).toContainEqual({
      level: 'fine',
      meaning: 'The filter is in place.',
      details: ['/ came through it.'],
    })
  })

  test('a store that is dead, and with it that the crawler has nothing to fetch', async () => {
    const site = await startDebugSite({ settings: { cacheProvider: deadStore() } })
    await site.visit()
    await eventually('the page is lost', async () => (await site.report()).events.counts['lost'] === 1)
    const { verdicts } = await site.report()
    expect(verdicts.map(({ meaning }) => meaning)).toContain(
      'The crawler has nothing to fetch: no page could be stored.',
    )
  })

  test('a settings file that cannot be used', async () => {
    const file = join(await createFolder(), 'facsimile.config.json')
    const good = { snippets: [RECORDER], allowedAddresses: ['127.0.0.1'], allowDebug: true }
    await writeFile(file, JSON.stringify(good))
    const site = await startWith({ settingsFile: file })
    expect(wrongIn(await site.report())).toEqual([])
    await writeFile(`${file}.new`, JSON.stringify({ ...good, maxCachedSeconds: 'long' }))
    await rename(`${file}.new`, file)
    await site.facsimile.reload().catch(() => undefined)
    const { verdicts } = await site.report()
    expect(verdicts[0]).toMatchObject({ level: 'fault', word: 'settings-not-reloaded' })
    expect(verdicts[0]?.details.join()).toContain('`maxCachedSeconds` is "long"')
    expect((await site.debug()).text).toContain('<code>maxCachedSeconds</code> is &quot;long&quot;')
  })

  test('a fetcher that nobody mounted', async () => {
    const facsimile = createFacsimile({ snippets: [RECORDER], allowedAddresses: ['127.0.0.1'], allowDebug: true })
    afterwards(() => facsimile.close(100))
    const app = express().use(facsimile.debugPage).use(facsimile.responseFilter)
    app.get('/', (_req, res) => void res.set('Cache-Control', 'no-store').send(PAGE))
    const { port } = await listen(app)
    const report = await debugSiteAt(siteAt(port, facsimile)).report()
    expect(wrongIn(report)).toContain('fetcher-unreachable')
    expect(report.events.counts).toEqual({})
  })

  async function startWith(settings: FacsimileSettings & { settingsFile: string }): Promise<DebugSite> {
    const facsimile: Facsimile = createFacsimile(settings)
    afterwards(() => facsimile.close(100))
    const app = express().use(facsimile.middleware)
    app.get('/robots.txt', (_req, res) => void res.type('text').send('User-agent: *\nDisallow: /facsimile\n'))
    app.get('/', (_req, res) => void res.set('Cache-Control', 'no-store').send(PAGE))
    const { port } = await listen(app)
    return debugSiteAt(siteAt(port, facsimile))
  }
})

describe('nothing is found', () => {
  test('on a site in order, whose crawler comes', async () => {
    const site = await startDebugSite()
    for (let visits = 0; visits < 3; visits += 1) await site.crawl(await site.visit())
    const report = await site.report('/account')
    expect(wrongIn(report)).toEqual([])
    expect(report.verdicts.filter(({ level }) => level === 'unknown')).toEqual([])
    expect(report.verdicts.find(({ meaning }) => meaning === 'The crawler comes.')?.details).toEqual([
      '3 stored, 3 fetched, 0 expired unfetched.',
      expect.stringMatching(/^Age at fetch: [\d.]+ m?s at the median, [\d.]+ m?s at most, of the last 3\.$/),
    ])
  })

  test('in the demo', async () => {
    const demo = await createDemo({ port: 0, trackerPort: 0 })
    afterwards(() => demo.close())
    expect(demo.debugUrl).toBe(`${demo.shopUrl}${DEBUG}`)
    const answer = await fetch(`${demo.debugUrl}?json&path=/login`)
    expect(wrongIn((await answer.json()) as ShownReport)).toEqual([])
  })

  test.each([
    'no-store',
    'private, no-cache',
    'max-age=0',
    'private="x", no-cache',
    'max-age=soon',
    'no-cache, max-age=60',
  ])('in pages with Cache-Control: %s', async (cacheControl) => {
    const site = await startDebugSite({ routes: pagesWith({ 'Cache-Control': cacheControl }) })
    expect(wrongIn(await site.report())).toEqual([])
  })
})
