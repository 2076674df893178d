// Where connections come from: a pool of our own, opened at the first call and ended by us, or one that was given.
import type { Pool, PoolConnection, PoolOptions } from 'mysql2'
import type { Socket } from 'node:net'
import { FacsimileError } from '../../errors.js'
import type { MysqlLocation } from './mysql-location.js'

const CONNECTIONS = 8
const WAITING_CALLS = 256
const IDLE_CONNECTIONS = 2
const IDLE_MS = 30_000
const KEEP_ALIVE_AFTER_MS = 5_000

/** How long connections may take to say goodbye. */
const END_WAIT_MS = 1_000

export interface PoolSource {
  /** Host, port and database, for sentences. */
  readonly place: string
  open(): Promise<Pool>
  /** Ends a pool of our own, whether the server answers or not. */
  end(): Promise<void>
}

export function createPoolSource(source: MysqlLocation | Pool, timeoutMs: number): PoolSource {
  return 'getConnection' in source ? givenPool(source) : ownPool(source, timeoutMs)
}

function givenPool(pool: Pool): PoolSource {
  return { place: 'the database of its pool', open: () => Promise.resolve(pool), end: () => Promise.resolve() }
}

function ownPool(location: MysqlLocation, timeoutMs: number): PoolSource {
  const { host, port, database } = location
  const connections = new Set<PoolConnection>()
  let opening: Promise<Pool> | undefined

  async function open(): Promise<Pool> {
    const { createPool } = await loadDriver()
    const pool = createPool(poolOptions(location, timeoutMs))
    pool.on('connection', (connection: PoolConnection) => {
      connections.add(connection)
      // The call that it happened to says so; without a listener a second error would end the process.
      connection.on('error', () => undefined)
      streamOf(connection)?.once('close', () => connections.delete(connection))
    })
    return pool
  }

  return {
    place: `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`,
    open: () => (opening ??= open()),
    async end() {
      if (!opening) return
      const [opened] = await Promise.allSettled([opening])
      if (opened.status === 'fulfilled') await endWithin(END_WAIT_MS, opened.value)
      connections.forEach(cut)
    },
  }
}

function poolOptions({ host, port, user, password, database, ssl }: MysqlLocation, timeoutMs: number): PoolOptions {
  return {
    host,
    port,
    user,
    password,
    database,
    charset: 'utf8mb4',
    ...(ssl && { ssl: { rejectUnauthorized: true, verifyIdentity: true } }),
    connectTimeout: timeoutMs,
    connectionLimit: CONNECTIONS,
    waitForConnections: true,
    queueLimit: WAITING_CALLS,
    maxIdle: IDLE_CONNECTIONS,
    idleTimeout: IDLE_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    multipleStatements: false,
  }
}

/** mysql2 is an optional companion: only those who use this provider install it. */
async function loadDriver(): Promise<typeof import('mysql2')> {
  try {
    return await import('mysql2')
  } catch (cause) {
    throw new FacsimileError('PROVIDER_FAILED', 'The mysql cache provider needs mysql2: run npm install mysql2.', {
      cause,
    })
  }
}

function endWithin(timeoutMs: number, pool: Pool): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs).unref()
    pool.end(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Closes a connection at once. The driver's own `destroy()` waits for the server, which may never answer. */
export function cut(connection: PoolConnection): void {
  connection.destroy()
  streamOf(connection)?.destroy()
}

function streamOf(connection: PoolConnection): Socket | undefined {
  return (connection as { stream?: Socket }).stream
}
