// Each page is a row: what is sent to store, take, read and remove one.
import type { CapturedPage } from '../../cache-provider.js'
import { FacsimileError } from '../../errors.js'
import { startLife } from '../../lifetime.js'
import { decodePageRecord, encodePageRecord } from '../../page-record.js'
import type { PageToken } from '../../page-token.js'
import type { Work } from './connections.js'
import { createDatabaseClock, lifeInDatabase } from './database-clock.js'
import type { DatabaseServer } from './database-server.js'
import { createSpareBuffers } from '../spare-buffers.js'
import type { Session } from './session.js'
import type { Statements } from './statements.js'

/** What a packet holds beside the record, amply. */
const PACKET_OVERHEAD_BYTES = 4_096

interface PageRowsSettings {
  readonly statements: Statements
  /** How long a statement can be under way. */
  readonly timeoutMs: number
  /** Whether `DELETE … RETURNING` is used where the server has it. */
  readonly mayReturn: boolean
}

interface PageRows {
  keep(token: PageToken, page: CapturedPage): Work<void>
  take(token: PageToken): Work<CapturedPage | undefined>
  look(token: PageToken): Work<CapturedPage | undefined>
  remove(token: PageToken): Work<boolean>
}

export function createPageRows({ statements, timeoutMs, mayReturn }: PageRowsSettings): PageRows {
  const clock = createDatabaseClock()
  const memory = createSpareBuffers()

  /** Throws `PAGE_TOO_LARGE` for a page that the server would refuse. */
  function encode(page: CapturedPage, { maxPacketBytes }: DatabaseServer): Buffer {
    const allocate = (bytes: number) => {
      if (bytes <= maxPacketBytes - PACKET_OVERHEAD_BYTES) return memory.take(bytes)
      throw new FacsimileError(
        'PAGE_TOO_LARGE',
        `a page of ${bytes} bytes, metadata included, cannot pass the database's max_allowed_packet = ${maxPacketBytes}; raise max_allowed_packet or lower maxPageBytes`,
      )
    }
    return encodePageRecord(page, { checksBody: false, allocate })
  }

  async function storeOrDiscard(session: Session, server: DatabaseServer, key: Buffer, page: CapturedPage) {
    if (startLife(page.expiresAt, performance).lifetimeMs > 0) {
      const record = encode(page, server)
      const reading = await clock.read(session, server)
      await session.prepare(statements.store)
      // As late as can be: from here on the clock of the database counts.
      const life = lifeInDatabase(reading, page.expiresAt, timeoutMs)
      if (life) {
        const numbers = [life.lifeMs, life.expiresAtMs, life.leastLifeMs].map(String)
        await session.change(statements.store, [key, ...numbers, record])
        // Only now: a driver that failed or still waits may send these bytes later.
        memory.give(record)
        return
      }
    }
    await session.change(statements.discard, [key])
  }

  /** Everybody may read the page; one deletes it, and has it. */
  async function readThenDelete(session: Session, key: Buffer): Promise<CapturedPage | undefined> {
    const [row] = await session.rows(statements.lookForTaking, [key])
    if (!row) return undefined
    const { expiresAt, generation } = row
    const deleted = await session.change(statements.takeGeneration, [key, String(expiresAt), generation as Buffer])
    return deleted === 1 ? pageOf(row) : undefined
  }

  async function readPage(session: Session, sql: string, key: Buffer): Promise<CapturedPage | undefined> {
    const [row] = await session.rows(sql, [key])
    return row && pageOf(row)
  }

  return {
    keep: (token, page) => (session, server) => storeOrDiscard(session, server, keyOf(token), page),
    take: (token) => (session, server) =>
      mayReturn && server.hasReturning
        ? readPage(session, statements.takeReturning, keyOf(token))
        : readThenDelete(session, keyOf(token)),
    look: (token) => (session) => readPage(session, statements.peek, keyOf(token)),
    remove: (token) => async (session) => (await session.change(statements.remove, [keyOf(token)])) === 1,
  }
}

/** Tokens are ASCII; as bytes they are compared byte by byte, whatever the character set of the connection. */
function keyOf(token: PageToken): Buffer {
  return Buffer.from(token, 'latin1')
}

/** The page in a row; `undefined` for a record that is none of ours, or damaged. */
function pageOf({ record }: Record<string, unknown>): CapturedPage | undefined {
  return Buffer.isBuffer(record) ? decodePageRecord(record) : undefined
}
