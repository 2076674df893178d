// The database's clock as seen from here: so that a store which is held up on its way does not make a page live longer.
import type { UnixMs } from '../../cache-provider.js'
import { startLife } from '../../lifetime.js'
import type { DatabaseServer } from './database-server.js'
import type { Session } from './session.js'
import { NOW_MS } from './statements.js'

/** Clocks drift apart by some ten microseconds a second. */
const FRESH_MS = 30_000

/** The way to the database and back makes a reading uncertain, so a slow one is taken again, this often in all. */
const GOOD_ROUND_TRIP_MS = 5
const MOST_READINGS = 3

interface ClockReading {
  readonly databaseMs: number
  /** When the answer had come, on `performance.now()`: the database's clock was read before that. */
  readonly answeredAt: number
  readonly roundTripMs: number
}

/** Three numbers for the statement that stores: whole milliseconds. */
export interface LifeInDatabase {
  /** What is left of the page's life. */
  readonly lifeMs: number
  /** When the page expires, on the clock of the database as it was read. */
  readonly expiresAtMs: number
  /** What the page gets at least, should that clock have been set since. */
  readonly leastLifeMs: number
}

export interface DatabaseClock {
  /** Reads the clock of this connection's server, unless that was done within the last 30 seconds. */
  read(session: Session, server: DatabaseServer): Promise<ClockReading>
}

export function createDatabaseClock(): DatabaseClock {
  // One connection has one `DatabaseServer`; two connections may lead to two clocks.
  const readings = new WeakMap<DatabaseServer, ClockReading>()
  return {
    async read(session, server) {
      const known = readings.get(server)
      if (known && performance.now() - known.answeredAt < FRESH_MS) return known
      let best = await readOnce(session)
      for (let taken = 1; taken < MOST_READINGS && best.roundTripMs > GOOD_ROUND_TRIP_MS; taken++) {
        const next = await readOnce(session)
        if (next.roundTripMs < best.roundTripMs) best = next
      }
      readings.set(server, best)
      return best
    },
  }
}

async function readOnce(session: Session): Promise<ClockReading> {
  const askedAt = performance.now()
  const [row] = await session.rows(`SELECT CAST(${NOW_MS} AS CHAR) AS databaseMs`)
  const answeredAt = performance.now()
  return { databaseMs: Number(row?.['databaseMs']), answeredAt, roundTripMs: answeredAt - askedAt }
}

/**
 * The rest of a page's life, as the database is to reckon it. A statement can be held up for `mostDelayMs`, so that much
 * may be taken off, and no more. `undefined`: the page has expired.
 */
export function lifeInDatabase(
  { databaseMs, answeredAt }: ClockReading,
  expiresAt: UnixMs,
  mostDelayMs: number,
): LifeInDatabase | undefined {
  const { startedAt, lifetimeMs } = startLife(expiresAt, performance)
  const lifeMs = Math.min(Math.floor(lifetimeMs), Number.MAX_SAFE_INTEGER / 2)
  if (!(lifeMs > 0)) return undefined
  return {
    lifeMs,
    expiresAtMs: Math.floor(databaseMs + (startedAt - answeredAt) + lifeMs),
    leastLifeMs: Math.max(0, lifeMs - mostDelayMs),
  }
}
