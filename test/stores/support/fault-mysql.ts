// A MariaDB with a user and a table for one fault, and the hands to make it with.
import { randomBytes } from 'node:crypto'
import { createConnection, type Connection } from 'mysql2/promise'
import { failureOf } from '../../support/failure-of.js'
import type { ThrowAwayServer } from '../../../scripts/services.mjs'
import type { FaultScene } from './fault-show.js'
import { eventually } from '../../support/eventually.js'
import { ask, newTable } from './mysql-bench.js'

/** The password that stands in the location. */
const PASSWORD = 'known'
const TOO_MANY_CONNECTIONS = 1040

export interface MysqlScene extends FaultScene {
  readonly table: string
  /** By somebody who may do everything. */
  readonly run: (sql: string, values?: readonly string[]) => Promise<unknown>
  /** Gives the site's user this password. */
  readonly setPassword: (password: string) => Promise<void>
  readonly restorePassword: () => Promise<void>
  /** Ends the connections of the site's user, and resolves when the server has none any more. */
  readonly killConnections: () => Promise<void>
  /** Takes every connection that the server still gives. */
  readonly takeAllConnections: () => Promise<void>
  readonly releaseConnections: () => void
}

/** Lets `show` use a table and a user of its own, at a location that ends in `parameters`. */
export async function withMysqlScene(
  server: ThrowAwayServer,
  parameters: string,
  show: (scene: MysqlScene) => Promise<void>,
): Promise<void> {
  const admin = await createConnection(server.url)
  const user = `site_${randomBytes(6).toString('hex')}`
  const account = `'${user}'@'127.0.0.1'`
  const url = new URL(server.url)
  const taken: Connection[] = []
  const setPassword = async (password: string) => {
    await admin.query(`ALTER USER ${account} IDENTIFIED BY '${password}'`)
  }
  try {
    await admin.query(`CREATE USER ${account} IDENTIFIED BY '${PASSWORD}'`)
    await admin.query(`GRANT SELECT, INSERT, DELETE, CREATE ON ${url.pathname.slice(1)}.* TO ${account}`)
    url.username = user
    url.password = PASSWORD
    const table = newTable()
    await show({
      location: `${url.href}?table=${table}${parameters}`,
      table,
      run: (sql, values = []) => admin.query(sql, [...values]),
      setPassword,
      restorePassword: () => setPassword(PASSWORD),
      killConnections: () => killConnectionsOf(user, admin),
      takeAllConnections: () => takeAllConnections(url.href, taken),
      releaseConnections: () => taken.splice(0).forEach((connection) => connection.destroy()),
    })
  } finally {
    for (const connection of [...taken, admin]) connection.destroy()
  }
}

async function killConnectionsOf(user: string, admin: Connection): Promise<void> {
  await eventually(`${user} has no connections`, async () => {
    const open = await ask(admin, `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${user}'`)
    // One that has ended by itself cannot be killed any more.
    await Promise.allSettled(open.map(({ id }) => admin.query(`KILL ${String(id)}`)))
    return open.length === 0
  })
}

async function takeAllConnections(url: string, taken: Connection[]): Promise<void> {
  await eventually('there are no connections left', async () => {
    const [outcome] = await Promise.allSettled([createConnection(url)])
    if (outcome.status === 'fulfilled') {
      taken.push(outcome.value)
      return false
    }
    const { errno } = (await failureOf(Promise.reject(outcome.reason as Error))) as { errno?: number }
    if (errno !== TOO_MANY_CONNECTIONS) throw outcome.reason
    return true
  })
}
