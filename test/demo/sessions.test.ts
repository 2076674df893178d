// The shop's sessions, with a clock of our own.
import { describe, expect, test } from '@jest/globals'
import { CUSTOMERS } from '../../packages/demo/src/shop/customers.js'
import { createSessions } from '../../packages/demo/src/shop/sessions.js'

describe('The sessions of the shop', () => {
  test('make room by forgetting the one that was idle longest', () => {
    const sessions = createSessions({ maxSessions: 2 })
    const [first, second] = [sessions.create(), sessions.create()]
    sessions.find(first.id)
    sessions.create()
    expect(sessions.size).toBe(2)
    expect(sessions.find(first.id)).toBe(first)
    expect(sessions.find(second.id)).toBeUndefined()
  })

  test('end when nobody used them for long', () => {
    let now = 0
    const sessions = createSessions({ maxIdleMs: 1000, now: () => now })
    const session = sessions.create()
    now = 999
    expect(sessions.find(session.id)).toBe(session)
    now = 1999
    expect(sessions.find(session.id)).toBeUndefined()
    expect(sessions.size).toBe(0)
  })

  test('change their id and their form token when somebody signs in, and keep the basket', () => {
    const sessions = createSessions()
    const before = sessions.create()
    before.basket.set('loom', 2)
    const [customer] = CUSTOMERS
    if (!customer) throw new Error('There is no customer')
    const after = sessions.renew(before, customer)
    expect(after.id).not.toBe(before.id)
    expect(after.formToken).not.toBe(before.formToken)
    expect([...after.basket]).toEqual([['loom', 2]])
    expect(sessions.find(before.id)).toBeUndefined()
  })
})
