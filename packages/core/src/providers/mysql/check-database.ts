// The mysql provider's check(): tries the database for real and puts what is wrong into sentences.
import { randomBytes } from 'node:crypto'
import type { CapturedPage } from '../../cache-provider.js'
import { createPageToken, type PageToken } from '../../page-token.js'
import type { DatabaseServer } from './database-server.js'
import { databaseOf } from './pages-table.js'
import type { Session } from './session.js'
import type { TableName } from './table-name.js'

const PROBE_BYTES = 64 * 1024
const PROBE_LIFE_MS = 10_000

/** Below this, pages that are nothing unusual cannot be stored. */
const FAIR_PACKET_BYTES = 4 * 1024 * 1024

/** One sentence per weakness of the table or the server; empty when all is well. */
export async function checkTable(session: Session, server: DatabaseServer, table: TableName): Promise<string[]> {
  const name = JSON.stringify(table.text)
  const place = [databaseOf(table, server), table.table]
  const [engine] = await session.rows(
    `SELECT t.ENGINE AS name, e.TRANSACTIONS AS transactions
       FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
      WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?`,
    place,
  )
  const [index] = await session.rows(
    `SELECT COUNT(*) AS found FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = 'expires_at' AND SEQ_IN_INDEX = 1`,
    place,
  )
  const problems: string[] = []
  if (String(engine?.['transactions']) !== 'YES') {
    problems.push(
      `The table ${name} has the engine ${String(engine?.['name'])}, which locks it as a whole and can lose pages in a crash: run ALTER TABLE ${table.sql} ENGINE=InnoDB.`,
    )
  }
  if (Number(index?.['found']) === 0) {
    problems.push(
      `The table ${name} has no index on expires_at, so each sweep reads all of it: run ALTER TABLE ${table.sql} ADD INDEX (expires_at).`,
    )
  }
  if (server.maxPacketBytes < FAIR_PACKET_BYTES) {
    problems.push(
      `The server takes packets of at most ${server.maxPacketBytes} bytes, and longer pages are not stored: set max_allowed_packet to ${FAIR_PACKET_BYTES} or more.`,
    )
  }
  return problems
}

interface Probing {
  readonly store: (token: PageToken, page: CapturedPage) => Promise<void>
  readonly pull: (token: PageToken) => Promise<CapturedPage | undefined>
}

/** Sends a probe the way of every page. Rejects as `store` and `pull` do. */
export async function checkRoundTrip({ store, pull }: Probing): Promise<string[]> {
  const token = createPageToken()
  const now = Date.now()
  const fields = { url: '/probe', method: 'GET', status: 200, contentType: 'application/octet-stream' }
  const probe = { ...fields, capturedAt: now, expiresAt: now + PROBE_LIFE_MS, body: randomBytes(PROBE_BYTES) }
  await store(token, probe)
  const copy = await pull(token)
  if (copy === undefined) return ['A probe vanished from the database: see whether something else empties the table.']
  if (!copy.body.equals(probe.body)) {
    return ['A probe read from the database differs from what was written: see what changes the table.']
  }
  if ((await pull(token)) !== undefined) {
    return ['The database gave a probe twice: see that reads and writes go to the same server.']
  }
  return []
}
