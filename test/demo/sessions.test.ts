// The shop's sessions, with a clock of our own.
import { describe, expect, test } from '@jest/globals'
import { CATALOGUE } from '../../packages/demo/src/shop/catalogue.js'
import { sessionCookie } from '../../packages/demo/src/shop/cookies.js'
import { CUSTOMERS } from '../../packages/demo/src/shop/customers.js'
import { MAX_ORDERS } from '../../packages/demo/src/shop/pages/order-page.js'
import { createSessions, type Session, type Sessions } from '../../packages/demo/src/shop/sessions.js'

const SECRET = 'what the servers of one shop share'
/** What browsers keep of a cookie, and of its attributes. */
const MAX_COOKIE_BYTES = 4096

describe('The sessions of the shop', () => {
  test('come back from their cookie as they were', () => {
    const sessions = createSessions({ now: () => 1_764_000_000_000 })
    const session = customerSession(sessions)
    expect(sessions.open(sessions.seal(session, undefined))).toEqual(session)
  })

  test('are read by every server that knows the secret, and by no other', () => {
    const cookie = seal(createSessions({ secret: SECRET }))
    expect(createSessions({ secret: SECRET }).open(cookie)?.customer).toBe(CUSTOMERS[0])
    expect(createSessions({ secret: `${SECRET}!` }).open(cookie)).toBeUndefined()
    expect(createSessions().open(seal(createSessions()))).toBeUndefined()
  })

  test('cannot be written by a visitor', () => {
    const sessions = createSessions({ secret: SECRET })
    const [text = '', signature = ''] = seal(sessions).split('.')
    const forged = Buffer.from(Buffer.from(text, 'base64url').toString().replace('mira', 'jona')).toString('base64url')
    for (const cookie of [`${forged}.${signature}`, `${text}.`, text, `.${signature}`, '.', '', undefined]) {
      expect(sessions.open(cookie)).toBeUndefined()
    }
  })

  test('end when nobody used them for long', () => {
    const clock = { at: 0 }
    const sessions = createSessions({ maxIdleMs: 100_000, now: () => clock.at })
    const cookie = seal(sessions)
    clock.at = 99_999
    const session = sessions.open(cookie)
    const next = session && sessions.seal(session, cookie)
    clock.at = 100_000
    expect(sessions.open(cookie)).toBeUndefined()
    clock.at = 199_998
    expect(sessions.open(next)).toMatchObject({ formToken: session?.formToken })
  })

  test('need no new cookie while they are only read, within a minute', () => {
    const clock = { at: 0 }
    const sessions = createSessions({ now: () => clock.at })
    const cookie = seal(sessions)
    clock.at = 59_999
    const session = sessions.open(cookie)!
    expect(sessions.seal(session, cookie)).toBeUndefined()
    session.basket.set('loom', 1)
    expect(sessions.open(sessions.seal(session, cookie))?.basket.get('loom')).toBe(1)
    clock.at = 60_000
    expect(sessions.seal(sessions.open(cookie)!, cookie)).not.toBe(cookie)
  })

  test('change their form token when somebody signs in, and keep the basket', () => {
    const sessions = createSessions()
    const before = sessions.create()
    before.basket.set('loom', 2)
    const after = sessions.renew(before, CUSTOMERS[0]!)
    expect(after.formToken).not.toBe(before.formToken)
    expect([...after.basket]).toEqual([['loom', 2]])
  })

  test('fit into a cookie when they are as full as they get', () => {
    const sessions = createSessions()
    const session = customerSession(sessions)
    for (const { id } of CATALOGUE) session.basket.set(id, 9)
    const what = CATALOGUE.map(({ name }) => `${name}, 9 pieces`).join('; ')
    const order = { number: 'LL-99999', placedOn: 'just now', what, totalCents: 1_000_000, state: 'New' }
    for (let count = 0; count < MAX_ORDERS; count++) session.orders.push(order)
    expect(sessionCookie(sessions.seal(session, undefined) ?? '').length).toBeLessThan(MAX_COOKIE_BYTES)
  })
})

function customerSession(sessions: Sessions): Session {
  const session = sessions.renew(sessions.create(), CUSTOMERS[0]!)
  session.basket.set('throw', 3)
  session.orders.push({ number: 'LL-31000', placedOn: 'just now', what: 'Lap loom', totalCents: 6400, state: 'New' })
  return session
}

function seal(sessions: Sessions): string {
  return sessions.seal(customerSession(sessions), undefined) ?? ''
}
