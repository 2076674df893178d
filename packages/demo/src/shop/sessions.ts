// Sessions in memory: a random id in a cookie, the basket and the customer behind it, bounded in number and in time.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Customer, Order } from './customers.js'

export interface Session {
  readonly id: string
  /** Every form of this session carries it; a POST without it is refused. */
  readonly formToken: string
  /** Product id to number of pieces. */
  readonly basket: Map<string, number>
  readonly orders: Order[]
  customer: Customer | undefined
  /** Unix milliseconds of the last request. */
  seenAt: number
}

export interface Sessions {
  /** The live session of this id, which counts as used from now on. */
  find(id: string | undefined): Session | undefined
  create(): Session
  /** The same basket under a new id, for the moment of signing in: an id known before is worth nothing after. */
  renew(session: Session, customer: Customer): Session
  remove(id: string): void
  readonly size: number
}

export interface SessionSettings {
  /** The session that was idle longest goes first. @default 500 */
  readonly maxSessions?: number
  /** Idle time after which a session is gone, in milliseconds. @default 1_800_000 (30 minutes) */
  readonly maxIdleMs?: number
  /** Unix milliseconds. */
  readonly now?: () => number
}

export function createSessions(settings: SessionSettings = {}): Sessions {
  const { maxSessions = 500, maxIdleMs = 1_800_000, now = Date.now } = settings
  // A Map keeps its order of insertion: whoever is used is put in again, so the first one is the idlest.
  const sessions = new Map<string, Session>()

  function keep(session: Session): Session {
    sessions.delete(session.id)
    sessions.set(session.id, session)
    for (const id of sessions.keys()) {
      if (sessions.size <= maxSessions) break
      sessions.delete(id)
    }
    return session
  }

  return {
    find(id) {
      const session = id === undefined ? undefined : sessions.get(id)
      if (!session) return undefined
      if (now() - session.seenAt >= maxIdleMs) {
        sessions.delete(session.id)
        return undefined
      }
      session.seenAt = now()
      return keep(session)
    },
    create() {
      return keep({ ...createSecrets(), basket: new Map(), orders: [], customer: undefined, seenAt: now() })
    },
    renew(session, customer) {
      sessions.delete(session.id)
      return keep({ ...session, ...createSecrets(), customer })
    },
    remove(id) {
      sessions.delete(id)
    },
    get size() {
      return sessions.size
    },
  }
}

/** Whether a form's token is the session's, compared in constant time. */
export function isFormToken(session: Session, value: string): boolean {
  const expected = Buffer.from(session.formToken)
  const seen = Buffer.from(value)
  return seen.length === expected.length && timingSafeEqual(seen, expected)
}

function createSecrets(): Pick<Session, 'id' | 'formToken'> {
  return { id: randomBytes(24).toString('base64url'), formToken: randomBytes(24).toString('base64url') }
}
