// Real stores with a provider in front and the bare client behind it: what lies there can be read, copied and changed.
import { randomBytes } from 'node:crypto'
import { createPageToken, type CacheProvider } from '@facsimile/core'
import { createRedisProvider } from '@facsimile/core/redis'
import { eventually } from '../../support/eventually.js'
import { countRows, newTable, withMysql } from './mysql-bench.js'
import { withBench } from './redis-bench.js'
import { mysqlUrl } from './servers.js'

const PREFIX = 'at-rest:'
const TIMEOUT_MS = 10_000
const LIFE_MS = 60_000

export interface BareStore {
  /** For `cacheProvider`. */
  readonly location: string
  /** A new provider that is closed with the store. */
  open(): CacheProvider
  /** Everything that lies there: keys and values, or rows. */
  dump(): Promise<Buffer>
  /** How many pages lie there, expired ones that have not gone yet included. */
  count(): Promise<number>
  /** The value under `token`. */
  read(token: string): Promise<Buffer>
  /** Puts a value under `token`, for a minute. */
  write(token: string, value: Buffer): Promise<void>
  /** Has the store remove what has expired, or waits until it has done so by itself. */
  sweep(): Promise<void>
}

type WithStore = (use: (store: BareStore) => Promise<void>) => () => Promise<void>

/** A Redis of its own, so that every key in it is a page. */
const withRedisStore: WithStore = (use) =>
  withBench(async (bench) => {
    const { url } = await bench.server()
    const client = await bench.client(url)
    const location = `${url}?prefix=${PREFIX}&timeoutMs=${TIMEOUT_MS}`
    const valueOf = async (key: string) => (await client.getBuffer(key)) ?? Buffer.alloc(0)
    await use({
      location,
      open() {
        const provider = createRedisProvider({ location })
        bench.onEnd(() => provider.close())
        return provider
      },
      async dump() {
        const keys = await client.keys('*')
        const values = await Promise.all(keys.map(valueOf))
        return Buffer.concat([...keys.map((key) => Buffer.from(key)), ...values])
      },
      count: () => client.dbsize(),
      read: (token) => valueOf(PREFIX + token),
      async write(token, value) {
        await client.set(PREFIX + token, value, 'PX', LIFE_MS)
      },
      sweep: () => eventually('Redis has removed what has expired', async () => (await client.dbsize()) === 0),
    })
  })

/** A table of its own. `taking` as in the provider. */
const withMysqlStore = (taking?: 'optimistic'): WithStore => {
  const internals = taking === undefined ? {} : { taking }
  return (use) =>
    withMysql(async (bench) => {
      const table = newTable()
      const location = `${mysqlUrl()}?table=${table}&timeoutMs=${TIMEOUT_MS}`
      const connection = await bench.connection(mysqlUrl())
      bench.onEnd(() => connection.query(`DROP TABLE IF EXISTS ${table}`))
      const sweeper = bench.provider({ location }, internals)
      await sweeper.peek(createPageToken()) // makes the table
      const rows = async (sql: string, values: readonly unknown[] = []) => {
        const [found] = await connection.query({ sql, values: [...values], rowsAsArray: true })
        return found as unknown[][]
      }
      await use({
        location,
        open: () => bench.provider({ location }, internals),
        async dump() {
          const values = (await rows(`SELECT * FROM ${table}`)).flat()
          return Buffer.concat(values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))))
        },
        count: () => countRows(connection, table),
        async read(token) {
          const [[record] = []] = await rows(`SELECT record FROM ${table} WHERE token = ?`, [token])
          return Buffer.isBuffer(record) ? record : Buffer.alloc(0)
        },
        async write(token, value) {
          const life = `UNIX_TIMESTAMP() * 1000 + ${LIFE_MS}`
          await connection.query(`REPLACE INTO ${table} VALUES (?, ${life}, ?)`, [token, value])
        },
        async sweep() {
          await sweeper.sweepNow()
        },
      })
    })
}

/** Each real store by its name. */
export const STORES = [
  ['Redis', withRedisStore],
  ['MariaDB or MySQL', withMysqlStore()],
] as const

/** The other way in which pages are taken from a database, which is MySQL's only one. */
export const OPTIMISTIC_STORE = ['a database without DELETE … RETURNING', withMysqlStore('optimistic')] as const

export const newKey = () => randomBytes(32)
