// The whole story: a page is made, its beacon sent, its copy fetched and shown.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createDemo, type Demo } from '@facsimile/demo'
import { listenToNews } from './support/news.js'
import { createVisitor, runScripts, type VisitedPage } from './support/visitor.js'

describe('From page to recording', () => {
  const produced = new Map<string, string>()
  let demo: Demo
  beforeAll(async () => {
    demo = await createDemo({ port: 0, trackerPort: 0, onPage: (path, page) => produced.set(path, page) })
  })
  afterAll(() => demo.close())

  /** What the browser does with a page, and the id of the recording that comes of it. */
  async function record(page: VisitedPage): Promise<number> {
    const news = await listenToNews(demo.trackerUrl)
    try {
      expect((await runScripts(page, { width: 390, height: 844 })).status).toBe(202)
      return await news.next()
    } finally {
      news.close()
    }
  }

  async function read(path: string): Promise<string> {
    return (await fetch(demo.trackerUrl + path)).text()
  }

  test('a page behind the login is recorded as the application made it', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.signIn()
    const page = await visitor.open('/account')
    const account = produced.get('/account') ?? ''
    const id = await record(page)

    expect(await read(`/recordings/${id}/source`)).toBe(account)
    const detail = await read(`/recordings/${id}`)
    expect(detail).toContain('390 × 844')
    expect(detail).toContain('GET with 200')
    expect(detail).toContain('sha-256 matches')
    expect(detail).toContain('Same words')
    expect(detail).toContain('Sent away to /login')
    expect(await read(`/recordings/${id}/replay/copy`)).toContain('12 Quay Lane')
    expect(await read(`/recordings/${id}/replay/anonymous`)).not.toContain('12 Quay Lane')
  })

  test('a page with random parts is recorded as this visitor saw it', async () => {
    const page = await createVisitor(demo.shopUrl).open('/draw')
    const draw = produced.get('/draw')
    const id = await record(page)
    expect(await read(`/recordings/${id}/source`)).toBe(draw)
  })

  test('the answer to a POST is recorded', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.signIn()
    await visitor.open('/')
    await visitor.submit('/basket/add', { product: 'candles' })
    const confirmation = await visitor.submit('/order')
    const order = produced.get('/order')
    const id = await record(confirmation)
    expect(await read(`/recordings/${id}/source`)).toBe(order)
    expect(await read(`/recordings/${id}`)).toContain('POST with 200')
  })

  test('a token is good for one fetch', async () => {
    const id = await record(await createVisitor(demo.shopUrl).open('/'))
    const pressed = await fetch(`${demo.trackerUrl}/recordings/${id}/fetch-again`, {
      method: 'POST',
      redirect: 'manual',
    })
    expect(pressed.headers.get('location')).toBe(`/recordings/${id}#again`)
    expect(await read(`/recordings/${id}`)).toMatch(/answered\s+<b>404<\/b>: the copy is gone/)
  })
})
