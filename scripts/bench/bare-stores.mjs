// The same commands as our providers send, through the bare clients: what a store could do at best.
import mysql from 'mysql2/promise'
import { Redis } from 'ioredis'

/** A record's head with its metadata is about this long. */
const HEAD_BYTES = 200

/** `SET … PX` and `GETDEL`, as a provider-like object with `store`, `pull` and `close`. */
export async function bareRedis(url, prefix) {
  const client = new Redis(url)
  client.on('error', () => {})
  await client.ping()
  return {
    store: (token, { body, expiresAt, capturedAt }) =>
      client.set(prefix + token, recordOf(body), 'PX', expiresAt - capturedAt),
    pull: async (token) => ({ body: await client.getdelBuffer(prefix + token) }),
    close: () => client.quit(),
  }
}

/** `REPLACE` and `DELETE … RETURNING`, prepared, over a pool of as many connections as the provider has. */
export async function bareMariadb(url, table) {
  const pool = mysql.createPool({ uri: url, connectionLimit: 8 })
  await pool.query(
    `CREATE TABLE ${table} (token VARBINARY(64) PRIMARY KEY, expires_at BIGINT UNSIGNED NOT NULL, record LONGBLOB NOT NULL, INDEX expires_at (expires_at)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
  )
  const now = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000`
  const store = `REPLACE INTO ${table} (token, expires_at, record) VALUES (?, ${now} + ?, ?)`
  const pull = `DELETE FROM ${table} WHERE token = ? AND expires_at > ${now} RETURNING record`
  return {
    store: (token, { body, expiresAt, capturedAt }) =>
      pool.execute(store, [Buffer.from(token), String(expiresAt - capturedAt), recordOf(body)]),
    pull: async (token) => {
      const [rows] = await pool.execute(pull, [Buffer.from(token)])
      return { body: rows[0].record }
    },
    close: () => pool.end(),
  }
}

/** As the provider does: head and body in one piece of memory. */
function recordOf(body) {
  return Buffer.concat([Buffer.alloc(HEAD_BYTES), body])
}
