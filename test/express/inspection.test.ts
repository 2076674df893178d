// An inspection: what the filter does to a page of the own server, noted while it passes, without a trace in the counts.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { createEventSource, createSafeLogger, resolveSettings, type FacsimileSettings } from '@facsimile/core'
import express, { type Express } from 'express'
import { createGeneration } from '../../packages/express/src/generation.js'
import { urlOf, type Middleware } from '../../packages/express/src/http-types.js'
import { createInspector, type Inspection } from '../../packages/express/src/inspection.js'
import { createPageStores } from '../../packages/express/src/page-stores.js'
import { createWatches } from '../../packages/express/src/watches.js'
import { ask } from './support/http-client.js'
import { afterwards, listen, PAGE, RECORDER, startSite } from './support/site.js'

const NOTE = { name: 'note', placement: 'head-end', html: '<script>var a</script>' } as const

/** The inspection of `path` on a site whose routes `build` adds behind (or before) the filter. */
async function inspect(
  path: string,
  settings: FacsimileSettings,
  build: (app: Express, filter: Middleware) => void,
  headers: Record<string, string> = {},
): Promise<Inspection> {
  const logger = createSafeLogger(undefined)
  const events = createEventSource()
  const stores = createPageStores(logger, events)
  const watches = createWatches()
  const generation = createGeneration(resolveSettings({ snippets: [RECORDER, NOTE], allowDebug: true, ...settings }), {
    owner: stores,
    logger,
    events,
    stores,
    watches,
    now: Date.now,
    random: () => 0.5,
  })
  afterwards(() => stores.close())
  const inspector = createInspector({ watches, stores, current: () => generation })
  const app = express()
  app.get('/inspect', (req, res, next) => {
    inspector.inspect(req, path).then((inspection) => res.json(inspection), next)
  })
  build(app, (req, res, next) => generation.filter.pass(req, res, urlOf(req), next))
  const { port } = await listen(app)
  return JSON.parse((await ask(port, '/inspect', { headers })).text) as Inspection
}

function servePage(app: Express, filter: Middleware): void {
  app.use(filter)
  app.get(/.*/, (_req, res) => void res.send(PAGE))
}

describe('an inspection of a page', () => {
  test('shows what was inserted where, and that the copy was stored', async () => {
    const inspection = await inspect('/page', {}, servePage)
    expect(inspection).toMatchObject({
      path: '/page',
      status: 200,
      passes: 1,
      stored: 'stored',
      isCompressedInside: false,
      snippets: [
        { name: 'recorder', placement: 'body-end', outcome: 'inserted' },
        { name: 'note', placement: 'head-end', outcome: 'inserted' },
      ],
      insertions: [
        { offset: PAGE.indexOf('</head>'), text: NOTE.html },
        { text: expect.stringMatching(/^<script>window\.FetchFrom=".*"<\/script>$/) },
      ],
    })
    expect(inspection.passedOver).toBeUndefined()
  })

  test('is in no event', async () => {
    const heard: string[] = []
    for (const name of ['stored', 'injected', 'skipped', 'lost', 'fetched', 'missed']) {
      const note = () => void heard.push(name)
      subscribe(`facsimile:${name}`, note)
      afterwards(() => unsubscribe(`facsimile:${name}`, note))
    }
    await inspect('/', {}, servePage)
    await inspect('/', { maxPageBytes: 10 }, servePage)
    await inspect('/', { exclude: ['/**'] }, servePage)
    expect(heard).toEqual([])
  })

  test.each<[string, FacsimileSettings, Partial<Inspection>]>([
    ['that is excluded', { exclude: ['/**'] }, { passedOver: 'excluded', passes: 1, snippets: [] }],
    ['that is too large', { maxPageBytes: 10 }, { stored: 'too-large' }],
    ['that nobody stores', { disableCache: true }, { insertions: [] }],
  ])('%s says so', async (_what, settings, expected) => {
    expect(await inspect('/', settings, servePage)).toMatchObject(expected)
  })

  test('knows the snippets that are not for it, not needed, or blocked', async () => {
    const snippets = [
      { ...NOTE, name: 'elsewhere', when: ['/other'] },
      { ...NOTE, name: 'needless', unlessPageContains: 'Shop' },
      { ...NOTE, name: 'blocked' },
    ]
    const { snippets: seen } = await inspect('/', { snippets }, (app, filter) => {
      app.use(filter)
      app.get('/', (_req, res) => void res.set('Content-Security-Policy', "script-src 'self'").send(PAGE))
    })
    expect(seen).toMatchObject([
      { name: 'elsewhere', outcome: 'not-meant' },
      { name: 'needless', outcome: 'blocked', directive: 'script-src' },
      { name: 'blocked', outcome: 'blocked', directive: 'script-src' },
    ])
    const open = await inspect('/', { snippets }, servePage)
    expect(open.snippets.map(({ outcome }) => outcome)).toEqual(['not-meant', 'not-needed', 'inserted'])
  })

  test('sees a filter behind the routes, one that stands twice, and pages that come compressed', async () => {
    const behind = await inspect('/', {}, (app, filter) => {
      app.get('/', (_req, res) => void res.send(PAGE))
      app.use(filter)
    })
    const twice = await inspect('/', {}, (app, filter) => {
      app.use(filter)
      servePage(app, filter)
    })
    const compressed = await inspect('/', {}, (app, filter) => {
      app.use(filter)
      app.get('/', (_req, res) => void res.type('html').set('Content-Encoding', 'gzip').send(gzipSync(PAGE)))
    })
    expect({ behind: behind.passes, twice: twice.passes }).toEqual({ behind: 0, twice: 2 })
    expect(compressed).toMatchObject({ isCompressedInside: true, stored: 'stored', passes: 1 })
    expect(compressed.insertions).toHaveLength(2)
  })

  test("is made with the viewer's cookies, and tells of a server that fails", async () => {
    const opted = await inspect('/', {}, servePage, { cookie: 'WRUID=0' })
    expect(opted.passedOver).toBe('cookie')
    const cut = await inspect('/', {}, (app, filter) => {
      app.use(filter)
      app.get('/', (_req, res) => void res.destroy())
    })
    expect(cut).toMatchObject({ passes: 1, failure: expect.stringMatching(/hang up|ECONNRESET/) })
  })
})

test('a secret that nobody waits for is an ordinary header', async () => {
  let injected = 0
  const count = () => {
    injected++
  }
  subscribe('facsimile:injected', count)
  afterwards(() => unsubscribe('facsimile:injected', count))
  const site = await startSite({ allowDebug: true })
  await site.visit('/', { headers: { 'facsimile-watch': 'x'.repeat(32) } })
  expect(injected).toBe(1)
})

describe('for allowed viewers Facsimile-Status', () => {
  test('says that the filter stands twice', async () => {
    const site = await startSite({}, (app, facsimile) => {
      app.use(facsimile.responseFilter)
      app.get('/', (_req, res) => void res.send(PAGE))
    })
    const { headers } = await site.visit()
    expect(headers['facsimile-status']).toBe('injected; snippets=1; passes=2')
  })

  test('says why a page is missed while the debug page is allowed, and else tells nothing', async () => {
    for (const [allowDebug, said] of [
      [true, 'missed; reason=taken'],
      [false, undefined],
    ] as const) {
      const site = await startSite({ allowDebug })
      const page = await site.visit()
      expect((await site.crawl(page)).headers['facsimile-status']).toBeUndefined()
      const second = await site.crawl(page)
      expect({ status: second.status, said: second.headers['facsimile-status'] }).toEqual({ status: 404, said })
    }
  })
})
