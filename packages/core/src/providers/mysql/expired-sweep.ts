// The sweep: about once a minute, one of the servers that share the table removes the pages that have expired.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseOf } from './pages-table.js'
import type { DatabaseServer } from './database-server.js'
import type { Session } from './session.js'
import { SWEEP_BATCH, type Statements } from './statements.js'
import type { TableName } from './table-name.js'

/** Between two batches, so that replicas and visitors keep up; at most. */
const MOST_PAUSE_MS = 20

/** A sweep ends after this long; the next one goes on. */
const MOST_SWEEP_MS = 20_000

/** What a call that sweeps may take in all. */
export const SWEEP_TIMEOUT_MS = 30_000

const TAKE_LOCK = 'SELECT GET_LOCK(?, 0) AS answer'
const GIVE_LOCK_BACK = 'SELECT RELEASE_LOCK(?) AS answer'

interface SweepSettings {
  readonly table: TableName
  readonly statements: Statements
  /** Asked between two batches. */
  readonly isStopped: () => boolean
}

/** Removes what has expired and answers with how many pages that were; 0 at once while another sweeper is at work. */
export async function sweepExpired(
  session: Session,
  server: DatabaseServer,
  { table, statements, isStopped }: SweepSettings,
): Promise<number> {
  const lock = sweepLockName(databaseOf(table, server), table.table)
  const [taken] = await session.rows(TAKE_LOCK, [lock])
  if (Number(taken?.['answer']) !== 1) return 0
  const end = performance.now() + MOST_SWEEP_MS
  let removed = 0
  try {
    while (!isStopped() && performance.now() < end) {
      const batch = await session.change(statements.sweep)
      removed += batch
      if (batch < SWEEP_BATCH) break
      await sleep(Math.random() * MOST_PAUSE_MS, undefined, { ref: false })
    }
  } finally {
    // Where this cannot be said any more, the connection is closed, and the lock goes with it.
    await Promise.allSettled([session.rows(GIVE_LOCK_BACK, [lock])])
  }
  return removed
}

/** A lock belongs to the whole server, whence the database in its name; it may have 64 characters, whence the digest. */
function sweepLockName(database: string, table: string): string {
  return `facsimile:${createHash('sha256').update(`${database}.${table}`).digest('hex').slice(0, 40)}`
}

interface SweepTimer {
  /** Sweeps from now on; a second call does nothing. */
  start(): void
  stop(): void
  readonly isStopped: () => boolean
}

/** Calls `sweep` again and again, after pauses of `intervalMs`, half as much more or less. */
export function createSweepTimer(intervalMs: number, sweep: () => Promise<unknown>): SweepTimer {
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function plan(): void {
    timer = setTimeout(() => void sweepOnce(), intervalMs * (0.5 + Math.random())).unref()
  }

  async function sweepOnce(): Promise<void> {
    // A sweep that fails is tried again; what ails the database, the next call and check() will say.
    await Promise.allSettled([sweep()])
    if (!stopped) plan()
  }

  return {
    start() {
      if (timer === undefined && !stopped) plan()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
    isStopped: () => stopped,
  }
}
