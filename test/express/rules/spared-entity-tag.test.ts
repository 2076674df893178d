// Rule 13 under Express: a stored page has no entity tag, so none is computed for it; all else has the one it would have.
import { describe, expect, test } from '@jest/globals'
import express, { type Express, type Request, type Response } from 'express'
import express4 from 'express4'
import type { FacsimileSettings } from '@facsimile/express'
import { fetchRaw, openConnection, type RawRequest, type RawResponse } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serve } from '../../support/filtered-site.js'

const STORES = { disableCache: false } satisfies FacsimileSettings
const LONG_PAGE = PAGE.replace('<p>', `<p>${'Tea. '.repeat(500)}`)

type Handler = (req: Request, res: Response) => unknown

interface Site {
  readonly settings?: FacsimileSettings
  readonly etag?: 'weak' | 'strong' | false | ((body: Buffer | string) => string)
  /** Before the handler, inside the filter. */
  readonly inside?: (res: Response) => void
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_name, create) => {
  /** The site twice, bare and filtered, and what Express hashed for the filtered one. */
  async function serveSite(handler: Handler, { settings = STORES, etag = 'weak', inside }: Site = {}) {
    const hashed: (Buffer | string)[] = []
    const addTo = (app: Express) => {
      app.set('env', 'test').set('etag', etag)
      if (inside !== undefined)
        app.use((_req, res, next) => {
          inside(res)
          next()
        })
      return app.use(handler)
    }
    const bare = addTo(create())
    const filtered = create()
    filtered.use(createTestFacsimile(settings).middleware)
    addTo(filtered)
    const makeTag = filtered.get('etag fn') as ((body: Buffer | string) => string) | undefined
    if (makeTag !== undefined)
      filtered.set('etag fn', (body: Buffer | string) => {
        hashed.push(body)
        return makeTag(body)
      })
    const ports = [(await serve(bare)).port, (await serve(filtered)).port] as const
    const ask = async (request?: RawRequest): Promise<readonly [RawResponse, RawResponse]> => [
      await fetchRaw(ports[0], request),
      await fetchRaw(ports[1], request),
    ]
    return { ask, hashed }
  }

  const linesOf = ({ lines }: RawResponse) => lines.filter(([name]) => name !== 'Date')

  test.each([
    ['a short page', PAGE],
    ['a long page', LONG_PAGE],
  ])('%s that is stored is not hashed, and has no tag', async (_length, page) => {
    const { ask, hashed } = await serveSite((_req, res) => res.send(page))
    const [bare, filtered] = await ask()
    expect(bare.header('etag')).toMatch(/^W\/"/)
    expect(filtered.header('etag')).toBeUndefined()
    expect(filtered.header('content-length')).toBe(String(filtered.body.length))
    expect(filtered.body.length).toBeGreaterThan(bare.body.length)
    expect(hashed).toEqual([])
  })

  test('send() returns the response of a page that is stored, and the connection goes on', async () => {
    const returned: unknown[] = []
    const app = create().set('env', 'test')
    app.use(createTestFacsimile(STORES).middleware)
    app.use((_req, res) => void returned.push(res.send(PAGE) === res))
    const connection = await openConnection((await serve(app)).port)
    for (let round = 0; round < 2; round++) {
      expect((await connection.ask()).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    }
    expect(returned).toEqual([true, true])
    connection.destroy()
  })

  test('a page in a Buffer, with a charset of its own, is not hashed either', async () => {
    const { ask, hashed } = await serveSite((_req, res) =>
      res.type('text/html; charset=iso-8859-1').send(Buffer.from(LONG_PAGE, 'latin1')),
    )
    expect((await ask())[1].header('etag')).toBeUndefined()
    expect(hashed).toEqual([])
  })

  const PASSED_OVER: Record<string, [Handler, FacsimileSettings?]> = {
    'a fragment': [(_req, res) => res.send('<li>Tea</li>')],
    'a long fragment': [(_req, res) => res.send(`<li>Tea</li>${'<li>Coffee</li>'.repeat(200)}`)],
    'an empty body': [(_req, res) => res.send('')],
    'a page that must not be changed': [(_req, res) => res.set('Cache-Control', 'no-transform').send(LONG_PAGE)],
    'a download': [(_req, res) => res.attachment('page.html').send(LONG_PAGE)],
    'a page in another charset': [(_req, res) => res.type('html').send(Buffer.from(LONG_PAGE, 'utf16le'))],
    'an excluded page': [(_req, res) => res.send(LONG_PAGE), { ...STORES, exclude: ['/**'] }],
    'a page that is only inserted into, by its status': [(_req, res) => res.status(206).send(LONG_PAGE)],
    JSON: [(_req, res) => res.json({ tea: 1 })],
    text: [(_req, res) => res.type('txt').send(LONG_PAGE)],
    'a status': [(_req, res) => res.sendStatus(404)],
    'an answer without a body': [(_req, res) => res.status(204).send(LONG_PAGE)],
    'an answer that empties the form': [(_req, res) => res.status(205).send(LONG_PAGE)],
    'a page that is not modified': [(_req, res) => res.status(304).send(LONG_PAGE)],
    'a tag of the application': [(_req, res) => res.type('txt').set('ETag', '"own"').send(LONG_PAGE)],
    'a page that must not be changed, with a tag of its own': [
      (_req, res) => res.set({ ETag: '"own"', 'Cache-Control': 'no-transform' }).send(LONG_PAGE),
    ],
    'no body': [(_req, res) => res.type('html').send(undefined)],
  }

  describe.each(['weak', 'strong', false] as const)('where tags are %s', (etag) => {
    test.each(Object.entries(PASSED_OVER))('%s has the headers that it would have, in their order', async (_it, it) => {
      const [handler, settings = STORES] = it
      const { ask } = await serveSite(handler, { settings, etag })
      const [bare, filtered] = await ask()
      expect(linesOf(filtered)).toEqual(linesOf(bare))
      expect(filtered.body).toEqual(bare.body)
    })
  })

  test('neither is the page of a HEAD or a POST, but what is asked for conditionally is', async () => {
    const { ask, hashed } = await serveSite((_req, res) => res.send(LONG_PAGE))
    const [bare, head] = await ask({ method: 'HEAD' })
    expect(bare.header('etag')).toBeDefined()
    expect(head.header('etag')).toBeUndefined()
    const [, post] = await ask({ method: 'POST', headers: { 'Content-Length': '0' } })
    expect(post.header('etag')).toBeUndefined()
    expect(hashed).toEqual([])
    const tag = bare.header('etag')!
    const [, again] = await ask({ headers: { 'If-None-Match': tag, Accept: '*/*' } })
    expect([again.status, again.header('etag')]).toEqual([304, tag])
    expect(hashed).toHaveLength(1)
  })

  test('HEAD of what is no page, and an answer that the site declares unchanged itself, have the tag of the whole', async () => {
    const { ask } = await serveSite((req, res) => {
      if (req.path === '/fresh') Object.defineProperty(req, 'fresh', { value: true })
      else res.set('Cache-Control', 'no-transform')
      res.send(LONG_PAGE)
    })
    for (const request of [{ method: 'HEAD', path: '/kept' }, { path: '/fresh' }]) {
      const [bare, filtered] = await ask(request)
      expect(linesOf(filtered)).toEqual(linesOf(bare))
      expect(bare.header('etag')).toBeDefined()
    }
  })

  test("a visitor who opted out gets the page with Express's tag", async () => {
    const { ask, hashed } = await serveSite((_req, res) => res.send(LONG_PAGE))
    const [bare, filtered] = await ask({ headers: { Cookie: 'WRUID=0' } })
    expect(linesOf(filtered)).toEqual(linesOf(bare))
    expect(filtered.body).toEqual(bare.body)
    expect(hashed).toEqual([Buffer.from(LONG_PAGE)])
  })

  test('a page that is not stored has its tag, which names the snippets', async () => {
    const { ask, hashed } = await serveSite((_req, res) => res.send(LONG_PAGE), { settings: {} })
    const [bare, filtered] = await ask()
    expect(filtered.header('etag')).toContain(bare.header('etag')!.slice(0, -1))
    expect(hashed).toHaveLength(1)
  })

  test('a function of the site that makes tags is called as ever', async () => {
    const seen: (Buffer | string)[] = []
    const etag = (body: Buffer | string) => (seen.push(body), '"mine"')
    const { ask } = await serveSite((_req, res) => res.send(PAGE), { etag })
    const [bare, filtered] = await ask()
    expect(bare.header('etag')).toBe('"mine"')
    expect(filtered.header('etag')).toBeUndefined()
    expect(seen).toEqual([Buffer.from(PAGE), Buffer.from(PAGE)])
  })

  test.each(['end', 'writeHead'] as const)('a middleware inside that wraps %s() sees the tag', async (method) => {
    const tags: unknown[] = []
    const inside = (res: Response) => {
      const original = Reflect.get(res, method) as (...args: unknown[]) => Response
      res[method] = function (this: Response, ...args: unknown[]) {
        tags.push(this.getHeader('etag'))
        return original.apply(this, args)
      } as never
    }
    const { ask } = await serveSite((_req, res) => res.send(PAGE), { inside })
    const [, filtered] = await ask()
    expect(filtered.header('etag')).toBeUndefined()
    expect(tags[1]).toBe(tags[0])
    expect(tags[0]).toMatch(/^W\/"/)
  })

  test('a middleware outside that wraps a method changes nothing of it', async () => {
    const app = create().set('env', 'test')
    app.use((_req, res, next) => {
      const end = res.end.bind(res) as (...args: unknown[]) => Response
      res.end = (...args: unknown[]) => end(...args)
      next()
    })
    app.use(createTestFacsimile(STORES).middleware).use((_req, res) => void res.send(PAGE))
    const { port } = await serve(app)
    const response = await fetchRaw(port)
    expect([response.body.toString(), response.header('etag')]).toEqual([PAGE_WITH_SNIPPETS, undefined])
  })

  test('after an answer that Node refused, the next one is tagged by its own body', async () => {
    const { ask } = await serveSite((_req, res) => {
      res.statusMessage = 'not\nsendable'
      try {
        res.send(PAGE)
      } catch {
        res.statusMessage = 'Sorry'
        res.removeHeader('ETag')
        res.type('txt').send('sorry')
      }
    })
    const [bare, filtered] = await ask()
    expect(bare.header('etag')).toBeDefined()
    expect(filtered.header('etag')).toBe(bare.header('etag'))
    expect(filtered.body).toEqual(bare.body)
  })

  test('after a send() that threw before it came to the body, no tag is left behind', async () => {
    let tag: unknown = 'unseen'
    const { ask } = await serveSite((_req, res) => {
      try {
        Object.defineProperty(res, 'req', {
          value: {
            ...res.req,
            get fresh(): boolean {
              throw new Error('broken')
            },
          },
          configurable: true,
        })
        res.send(PAGE)
      } catch {
        tag = res.getHeader('etag')
        res.removeHeader('Content-Length')
        res.end()
      }
    })
    const [, filtered] = await ask()
    expect(filtered.status).toBe(200)
    expect(tag).toBeUndefined()
  })

  test('however many applications there are, each method is wrapped once', async () => {
    const names = ['send', 'writeHead', 'write', 'end', 'emit']
    const seen = new Set<unknown>()
    for (let time = 0; time < 3; time++) {
      const app = create()
      app.use(createTestFacsimile(STORES).middleware).use((_req, res) => void res.send(PAGE))
      await fetchRaw((await serve(app)).port)
      for (const name of names) seen.add(Reflect.get(app.response, name))
    }
    expect(seen.size).toBe(names.length)
  })

  test.each<[string, (send: unknown) => PropertyDescriptor]>([
    ['is fixed', (send) => ({ value: send, writable: true })],
    ['is read by a getter', (send) => ({ get: () => send, configurable: true })],
  ])('a send() that %s stays, and its pages have their snippets from the first one on', async (_how, describeSend) => {
    const app = create().set('env', 'test')
    const response = app.response as object
    Object.defineProperty(response, 'send', describeSend(Reflect.get(response, 'send')))
    const before = Object.getOwnPropertyDescriptor(response, 'send')
    app.use(createTestFacsimile(STORES).middleware).use((_req, res) => void res.send(PAGE))
    const { port } = await serve(app)
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(Object.getOwnPropertyDescriptor(response, 'send')).toEqual(before)
  })

  test('each of two nested applications, with a filter each, is left its tag where neither stores', async () => {
    const hashed: unknown[] = []
    const inner = create().set('env', 'test')
    inner.use(createTestFacsimile({ ...STORES, exclude: ['/**'] }).middleware)
    inner.use((_req, res) => void res.send(PAGE))
    const count = inner.get('etag fn') as (body: Buffer) => string
    inner.set('etag fn', (body: Buffer) => (hashed.push(body), count(body)))
    const outer = create().set('env', 'test')
    outer.use(createTestFacsimile({ ...STORES, exclude: ['/**'] }).middleware).use(inner)
    const { port } = await serve(outer)
    expect((await fetchRaw(port)).header('etag')).toMatch(/^W\/"/)
    expect(hashed).toEqual([Buffer.from(PAGE)])
  })
})
