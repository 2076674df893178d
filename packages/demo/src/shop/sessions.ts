// Sessions that the visitor carries: basket, orders and customer in one signed cookie, which every server that knows the
// secret can read. Nothing is kept here, so a copy of a cookie goes on working after its owner has signed out: good
// enough for an invented shop, not for a bank.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { CUSTOMERS, type Customer, type Order } from './customers.js'

export interface Session {
  /** Every form of this session carries it; a POST without it is refused. */
  readonly formToken: string
  /** Product id to number of pieces. */
  readonly basket: Map<string, number>
  readonly orders: Order[]
  readonly customer: Customer | undefined
  /** Unix milliseconds at which the cookie was signed. */
  readonly signedAt: number
}

export interface Sessions {
  create(): Session
  /** The same basket with another form token, for the moment of signing in. */
  renew(session: Session, customer: Customer): Session
  /** The session in a cookie's value; `undefined` for one that is absent, not signed with our secret, or too old. */
  open(cookie: string | undefined): Session | undefined
  /** The value to set as the cookie; `undefined` when `cookie`, the one that came, will do. */
  seal(session: Session, cookie: string | undefined): string | undefined
}

export interface SessionSettings {
  /** Servers with the same secret read each other's sessions. @default random: the sessions end with this process */
  readonly secret?: string | undefined
  /** Idle time after which a session is gone, in milliseconds. @default 1_800_000 (30 minutes) */
  readonly maxIdleMs?: number
  /** Unix milliseconds. */
  readonly now?: () => number
}

/** A session that is only read gets a new cookie this often, so that pages that load together do not undo each other's. */
const REFRESH_MS = 60_000

/** A session as JSON. */
interface Carried {
  readonly formToken: string
  readonly basket: readonly (readonly [string, number])[]
  readonly orders: readonly Order[]
  readonly user?: string
  readonly signedAt: number
}

export function createSessions(settings: SessionSettings = {}): Sessions {
  const { secret = randomBytes(32).toString('base64url'), maxIdleMs = 1_800_000, now = Date.now } = settings
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64url')

  function encode({ formToken, basket, orders, customer, signedAt }: Session): string {
    const carried: Carried = {
      formToken,
      basket: [...basket],
      orders,
      ...(customer && { user: customer.user }),
      signedAt,
    }
    const text = Buffer.from(JSON.stringify(carried)).toString('base64url')
    return `${text}.${sign(text)}`
  }

  return {
    create: () => ({ ...createSecret(), basket: new Map(), orders: [], customer: undefined, signedAt: now() }),
    renew: (session, customer) => ({ ...session, ...createSecret(), customer }),
    open(cookie) {
      const [text = '', signature = ''] = cookie?.split('.') ?? []
      if (!isSame(signature, sign(text))) return undefined
      // Our own signature: nobody else wrote this.
      const carried = JSON.parse(Buffer.from(text, 'base64url').toString()) as Carried
      if (now() - carried.signedAt >= maxIdleMs) return undefined
      const { formToken, basket, orders, user, signedAt } = carried
      const customer = CUSTOMERS.find((known) => known.user === user)
      return { formToken, basket: new Map(basket), orders: [...orders], customer, signedAt }
    },
    seal(session, cookie) {
      if (now() - session.signedAt < REFRESH_MS && encode(session) === cookie) return undefined
      return encode({ ...session, signedAt: now() })
    },
  }
}

/** Whether a form's token is the session's. */
export function isFormToken(session: Session, value: string): boolean {
  return isSame(value, session.formToken)
}

/** Compares in constant time. */
function isSame(seen: string, expected: string): boolean {
  const [left, right] = [Buffer.from(seen), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function createSecret(): Pick<Session, 'formToken'> {
  return { formToken: randomBytes(24).toString('base64url') }
}
