// The shop over real sockets, as a visitor uses it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createDemo, type Demo } from '@facsimile/demo'
import { createVisitor } from './support/visitor.js'

describe('The demo shop', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await createDemo({ port: 0, trackerPort: 0 })
  })
  afterAll(() => demo.close())

  test('keeps the account behind the login', async () => {
    const visitor = createVisitor(demo.shopUrl)
    const refused = await visitor.open('/account')
    expect(new URL(refused.url).pathname).toBe('/login')
    expect(refused.text).not.toContain('Quay Lane')

    const signedIn = await visitor.signIn()
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/account'])
    const account = await visitor.open('/account')
    expect(account.status).toBe(200)
    expect(account.text).toContain('12 Quay Lane')
    expect(account.headers.get('cache-control')).toBe('private, no-store')
  })

  test('prints the credentials that let each demo customer in', async () => {
    const page = await createVisitor(demo.shopUrl).open('/login')
    const pairs = [...page.text.matchAll(/name <code>(\w+)<\/code>, password\s+<code>(\w+)<\/code>/g)]
    expect(pairs).toHaveLength(2)
    for (const [, user, password] of pairs) {
      const visitor = createVisitor(demo.shopUrl)
      expect((await visitor.signIn(user, password)).status).toBe(303)
    }
  })

  test('answers a wrong password with the form again, and shows the name that was typed as text', async () => {
    const answer = await createVisitor(demo.shopUrl).signIn('"><script>alert(1)</script>', 'wrong')
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('&quot;&gt;&lt;script&gt;')
    expect(answer.text).not.toContain('<script>alert')
  })

  test('leads nowhere but to its own pages after signing in', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.open('/login?next=//elsewhere.example/')
    const answer = await visitor.submit('/login', { user: 'mira', password: 'lantern', next: '//elsewhere.example/' })
    expect(answer.headers.get('location')).toBe('/account')
  })

  test('signs out', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.signIn()
    await visitor.open('/account')
    await visitor.submit('/logout')
    expect(new URL((await visitor.open('/account')).url).pathname).toBe('/login')
  })

  test('hides its session cookie from scripts and from foreign forms', async () => {
    const [cookie = ''] = (await createVisitor(demo.shopUrl).open('/')).headers.getSetCookie()
    expect(cookie).toMatch(/^lantern_session=[\w-]+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('fills and empties a basket for each visitor alone', async () => {
    const visitor = createVisitor(demo.shopUrl)
    const other = createVisitor(demo.shopUrl)
    await visitor.open('/')
    await visitor.submit('/basket/add', { product: 'loom' })
    await visitor.submit('/basket/add', { product: 'loom' })
    await visitor.submit('/basket/add', { product: 'no such thing' })
    expect((await visitor.open('/basket')).text).toContain('€128.00')
    expect((await other.open('/basket')).text).toContain('Nothing in it yet')
    await visitor.submit('/basket/remove', { product: 'loom' })
    expect((await visitor.open('/basket')).text).toContain('Nothing in it yet')
  })

  test('refuses a form without the token of its session', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.open('/')
    const forged = await visitor.submit('/basket/add', { product: 'loom', 'form-token': 'forged' })
    expect(forged.status).toBe(403)
    expect((await visitor.open('/basket')).text).toContain('Nothing in it yet')
  })

  test('draws another ticket on every load', async () => {
    const visitor = createVisitor(demo.shopUrl)
    const tickets = new Set<string | undefined>()
    for (let load = 0; load < 5; load++) tickets.add(ticketOf((await visitor.open('/draw')).text))
    expect(tickets.size).toBeGreaterThan(1)
    expect(tickets).not.toContain(undefined)
  })

  test('answers the POST of an order itself, once, and empties the basket', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.signIn()
    await visitor.open('/')
    await visitor.submit('/basket/add', { product: 'throw' })
    const confirmation = await visitor.submit('/order')
    expect(confirmation.status).toBe(200)
    const number = /Order (LL-\d+)/.exec(confirmation.text)?.[1]
    expect(number).toBeDefined()
    expect((await visitor.open('/order')).text).toContain('Your orders')
    expect((await visitor.open('/account')).text).toContain(number)
    expect((await visitor.open('/basket')).text).toContain('Nothing in it yet')
  })

  test('sends whoever is not signed in to the login instead of taking an order', async () => {
    const visitor = createVisitor(demo.shopUrl)
    await visitor.open('/')
    await visitor.submit('/basket/add', { product: 'throw' })
    const answer = await visitor.submit('/order')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login?next=/basket'])
  })

  test('carries the tracking code until the visitor opts out, and again after opting in', async () => {
    const visitor = createVisitor(demo.shopUrl)
    expect((await visitor.open('/draw')).text).toContain('/beacon')

    const optOut = await visitor.submit('/opt-out', { back: '/draw' })
    expect([optOut.status, optOut.headers.get('location')]).toEqual([303, '/draw'])
    expect(optOut.headers.getSetCookie()).toEqual([expect.stringMatching(/^WRUID=0; Path=\/; HttpOnly; SameSite=Lax;/)])
    const untracked = await visitor.open('/draw')
    expect(untracked.text).not.toContain('<script')
    expect(untracked.text).toContain('You have opted out.')

    await visitor.submit('/opt-in', { back: 'https://elsewhere.example/' })
    expect((await visitor.open('/')).text).toContain('/beacon')
  })

  test('allows scripts by nonce only, and has none but the tracking code', async () => {
    const page = await createVisitor(demo.shopUrl).open('/')
    const nonce = /script-src 'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '')?.[1]
    expect(nonce).toBeDefined()
    const scripts = [...page.text.matchAll(/<script\b([^>]*)>/g)].map(([, attributes = '']) => attributes.trim())
    expect(scripts).toEqual([`nonce="${nonce ?? ''}"`, `nonce="${nonce ?? ''}"`])
  })

  test('serves what its pages refer to, and nothing from elsewhere', async () => {
    const visitor = createVisitor(demo.shopUrl)
    const page = await visitor.open('/')
    const references = new Set(
      [...page.text.matchAll(/(?:src|href)="(\/[^"/][^"]*\.\w+)"/g)].map(([, path = '']) => path),
    )
    expect(references.size).toBeGreaterThanOrEqual(9)
    for (const path of references) expect([path, (await visitor.open(path)).status]).toEqual([path, 200])
    const foreign = [...page.text.matchAll(/(?:src|href)="(https?:[^"]*)"/g)].map(([, url = '']) => new URL(url).origin)
    expect(new Set(foreign)).toEqual(new Set([demo.trackerUrl]))
  })

  test('answers an unknown address with 404, and a body it cannot take without details', async () => {
    const visitor = createVisitor(demo.shopUrl)
    expect((await visitor.open('/nothing')).status).toBe(404)
    const long = await visitor.submit('/login', { user: 'x'.repeat(20_000) })
    expect([long.status, long.text]).toEqual([413, 'The shop cannot read this request.\n'])
  })
})

function ticketOf(page: string): string | undefined {
  return /Your ticket: <\/span\s*>\s*(\d{3} \d{3})/.exec(page)?.[1]
}
