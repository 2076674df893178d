// The central stores of a farm: a key prefix in Redis and a table in MariaDB or MySQL that no other test uses.
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { countRows, newTable } from './mysql-bench.js'
import { mysqlUrl, redisUrl } from './servers.js'

export interface FarmStore {
  readonly location: string
  /** How many pages are in it, as the store itself says. */
  count(): Promise<number>
  /** Removes it, and closes what was opened to look into it. */
  remove(): Promise<void>
}

export async function openRedisStore(): Promise<FarmStore> {
  const prefix = `farm-${randomBytes(6).toString('hex')}:`
  const client = new Redis(redisUrl())
  await client.ping()
  const keys = () => client.keys(`${prefix}*`)
  return {
    location: `${redisUrl()}?prefix=${prefix}`,
    count: async () => (await keys()).length,
    async remove() {
      const left = await keys()
      if (left.length > 0) await client.del(left)
      client.disconnect()
    },
  }
}

export async function openMysqlStore(): Promise<FarmStore> {
  const table = newTable()
  const connection = await createConnection(mysqlUrl())
  return {
    location: `${mysqlUrl()}?table=${table}`,
    count: () => countRows(connection, table),
    async remove() {
      await connection.query(`DROP TABLE IF EXISTS ${table}`)
      await connection.end()
    },
  }
}
