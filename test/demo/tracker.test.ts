// Replay desk over real sockets: what it takes, what it refuses, how it shows what strangers wrote.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createDemo, type Demo } from '@facsimile/demo'
import { listenToNews } from './support/news.js'

describe('Replay desk', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await createDemo({ port: 0, trackerPort: 0 })
  })
  afterAll(() => demo.close())

  function beacon(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      fetchUrl: `${demo.shopUrl}/facsimile?t=${createPageToken()}`,
      pageUrl: `${demo.shopUrl}/account`,
      title: 'Your account',
      width: 1200,
      height: 900,
      loadMs: 12,
      snapshot: '<!doctype html><html><head></head><body>Hello</body></html>',
      ...overrides,
    }
  }

  function send(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${demo.trackerUrl}/beacon`, {
      method: 'POST',
      headers: { origin: demo.shopUrl, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  /** Sends a beacon and answers with the id of its recording. */
  async function record(overrides: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const news = await listenToNews(demo.trackerUrl)
    try {
      expect((await send(beacon(overrides))).status).toBe(202)
      return await news.next()
    } finally {
      news.close()
    }
  }

  async function read(path: string): Promise<{ status: number; headers: Headers; text: string }> {
    const response = await fetch(demo.trackerUrl + path)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  test('takes beacons from the shop, by whichever of its names, and from nowhere else', async () => {
    const port = new URL(demo.shopUrl).port
    expect((await send('{}', { origin: `http://localhost:${port}` })).status).toBe(400)
    const foreign = await send(beacon(), { origin: 'http://elsewhere.example' })
    expect(foreign.status).toBe(403)
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect((await send(beacon(), { origin: 'null' })).status).toBe(403)
  })

  test('tells browsers which requests it takes', async () => {
    const ask = (origin: string) => fetch(`${demo.trackerUrl}/beacon`, { method: 'OPTIONS', headers: { origin } })
    const allowed = await ask(demo.shopUrl)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(demo.shopUrl)
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST')
    expect(allowed.headers.get('vary')).toBe('Origin')
    expect((await ask('http://elsewhere.example')).status).toBe(403)
  })

  test.each([
    ['a fetch URL on another host', { fetchUrl: `http://10.0.0.1/facsimile?t=${createPageToken()}` }],
    ['a fetch URL that is no text', { fetchUrl: 7 }],
    ['a page of another site', { pageUrl: 'http://elsewhere.example/' }],
    ['a width that is no number', { width: 'wide' }],
    ['a negative height', { height: -1 }],
    ['a missing snapshot', { snapshot: undefined }],
  ])('refuses %s', async (_what, overrides) => {
    expect((await send(beacon(overrides))).status).toBe(400)
  })

  test('refuses what is too long, broken, or no JSON', async () => {
    expect((await send(beacon({ snapshot: 'x'.repeat(600_000) }))).status).toBe(413)
    expect((await send('{')).status).toBe(400)
    expect((await send('[]')).status).toBe(400)
    expect((await send(beacon(), { 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('shows a recording whose copy is gone as one without a copy', async () => {
    const id = await record()
    expect((await read('/')).text).toContain('No copy (404)')
    const detail = await read(`/recordings/${id}`)
    expect(detail.text).toContain('No copy (404)')
    expect(detail.text).toContain('Sent away to /login')
    expect((await read(`/recordings/${id}/source`)).status).toBe(404)
  })

  test('shows what a beacon says as text', async () => {
    const id = await record({ title: '<script>title</script>', pageUrl: `${demo.shopUrl}/a?'"><script>` })
    for (const path of ['/', `/recordings/${id}`]) expect((await read(path)).text).not.toMatch(/<script>|'">/)
  })

  test("replays a visitor's document in a sandbox where nothing runs", async () => {
    const id = await record({
      snapshot: '<!doctype html><html><head></head><body><script>alert(1)</script></body></html>',
    })
    const replay = await read(`/recordings/${id}/replay/visitor`)
    const policy = replay.headers.get('content-security-policy')
    expect(policy).toMatch(/^sandbox; default-src 'none'; /)
    expect(policy).not.toContain('allow-scripts')
    expect(policy).not.toContain('script-src')
    expect(replay.text).toContain(`<head><base href="${demo.shopUrl}/" target="_blank">`)
    expect((await read(`/recordings/${id}/replay/anything`)).status).toBe(404)
  })

  test('sends a strict policy with its own pages, which refer to no other site than the shop', async () => {
    const page = await read('/')
    expect(page.headers.get('content-security-policy')).toContain(
      "default-src 'none'; style-src 'self'; script-src 'self'",
    )
    const foreign = [...page.text.matchAll(/(?:src|href)="(https?:[^"]*)"/g)].map(([, url = '']) => new URL(url).origin)
    expect(new Set(foreign)).toEqual(new Set([demo.shopUrl]))
    for (const [, path = ''] of page.text.matchAll(/(?:src|href)="(\/[\w-]+\.\w+)"/g))
      expect((await read(path)).status).toBe(200)
  })

  test('lets nobody else press its buttons', async () => {
    const id = await record()
    const press = (origin: string) =>
      fetch(`${demo.trackerUrl}/recordings/${id}/fetch-again`, {
        method: 'POST',
        headers: { origin },
        redirect: 'manual',
      })
    expect((await press('http://elsewhere.example')).status).toBe(403)
    expect((await press(demo.trackerUrl)).status).toBe(303)
  })

  test('keeps the last 50 recordings, newest first', async () => {
    let newest = 0
    for (let count = 0; count < 51; count++) newest = await record()
    const ids = [...(await read('/')).text.matchAll(/href="\/recordings\/(\d+)"/g)].map(([, id]) => Number(id))
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => newest - index))
    expect((await read(`/recordings/${newest - 50}`)).status).toBe(404)
  })
})
