// A database of our own on a MySQL or MariaDB server that somebody else runs: made for one run, dropped after it.
import { randomBytes } from 'node:crypto'
import { nameMysql } from './ask-mysql.mjs'

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Creates `facsimile_test_<process>_<random>` on the server at `url` and resolves to `{ url, server, stop }`: the
 * address of that database, and what drops it. No other database is touched.
 */
export async function createOwnDatabase(url) {
  const name = `facsimile_test_${process.pid}_${randomBytes(3).toString('hex')}`
  const version = await ask(url, async (connection) => {
    // Without IF NOT EXISTS: what is there already belongs to somebody else.
    await connection.query(`CREATE DATABASE \`${name}\``)
    const [[row]] = await connection.query('SELECT VERSION() AS version')
    return row.version
  })
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    server: nameMysql(version),
    stop: () => ask(url, (connection) => connection.query(`DROP DATABASE IF EXISTS \`${name}\``)),
  }
}

async function ask(url, question) {
  // Loaded here, because only this way of testing needs a driver.
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS })
  try {
    return await question(connection)
  } finally {
    connection.destroy()
  }
}
