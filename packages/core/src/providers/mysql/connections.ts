// One connection per call, for as long as the call takes: found in time, returned whole or not at all.
import type { PoolConnection } from 'mysql2'
import { askServer, type DatabaseServer } from './database-server.js'
import { startDeadline, type Deadline } from './deadline.js'
import { connectFailure, statementFailure, type Attempt } from './failures.js'
import { cut, type PoolSource } from './pool-source.js'
import { openSession, type Session } from './session.js'

interface Use {
  /** What is tried, for sentences, such as `store a page`. */
  readonly what: string
  /** Milliseconds for all of it. */
  readonly timeoutMs: number
}

/** What is done with a connection while one has it. */
export type Work<T> = (session: Session, server: DatabaseServer) => Promise<T>

export interface Connections {
  /**
   * Gives `work` a connection and what is known of its server. Rejects with what `work` throws, put into a sentence
   * where the driver threw it. A connection on which a statement timed out or was lost is closed, never used again.
   */
  use<T>(use: Use, work: Work<T>): Promise<T>
}

export function createConnections(source: PoolSource, table: string): Connections {
  const servers = new WeakMap<PoolConnection, DatabaseServer>()

  async function useConnection<T>(
    connection: PoolConnection,
    deadline: Deadline,
    work: Work<T>,
    attempt: Attempt,
  ): Promise<T> {
    const session = openSession(connection, deadline)
    try {
      const server = servers.get(connection) ?? (await askServer(session))
      servers.set(connection, server)
      return await work(session, server)
    } catch (error) {
      throw statementFailure(attempt, error)
    } finally {
      if (session.isSound()) connection.release()
      else cut(connection)
    }
  }

  return {
    async use({ what, timeoutMs }, work) {
      const attempt = { what, place: source.place, table }
      const deadline = startDeadline(timeoutMs)
      try {
        const pool = await source.open()
        const connection = await deadline
          .answer<PoolConnection>(
            (done) => pool.getConnection(done),
            () => undefined,
            (late) => late.release(),
          )
          .catch((error: unknown) => {
            throw connectFailure(attempt, error)
          })
        return await useConnection(connection, deadline, work, attempt)
      } finally {
        deadline.end()
      }
    },
  }
}
