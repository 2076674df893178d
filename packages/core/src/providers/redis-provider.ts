// The `redis` cache provider: pages in Redis, shared by the servers of a farm.
import type { CacheProvider, CapturedPage } from '../cache-provider.js'
import { createDeadlineBatches } from '../deadline-batches.js'
import { FacsimileError } from '../errors.js'
import { startLife } from '../lifetime.js'
import { decodePageRecord, encodePageRecord } from '../page-record.js'
import type { PageToken } from '../page-token.js'
import { createOperationGate } from './operation-gate.js'
import { createSpareBuffers } from './spare-buffers.js'
import { checkRedis } from './redis/check-redis.js'
import { createOwnClient } from './redis/client-options.js'
import { ALWAYS_TAKEN_BYTES, longestValue, readValue, takeValue } from './redis/page-value.js'
import { isRedisClient, type RedisClient } from './redis/redis-client.js'
import { createRedisConnection, type RedisConnection, type ServerFacts } from './redis/redis-connection.js'
import { redisFailure } from './redis/redis-failure.js'
import { parseRedisLocation } from './redis/redis-location.js'
import { writeTogether } from './redis/write-together.js'
import { resolveKeySettings, type RedisKeySettings } from './redis/redis-settings.js'
import { usageOfRedis } from './redis/redis-usage.js'

export type { RedisClient } from './redis/redis-client.js'
export { isRedisLocation, REDIS_LOCATION_FORMS } from './redis/redis-location.js'
export type { RedisKeySettings } from './redis/redis-settings.js'

/**
 * Taken off each life, because Redis begins to count when the command has reached it: up to this long on its way, a
 * page still goes in time. What took longer is corrected afterwards.
 */
const TRAVEL_MS = 20

export type RedisProviderSettings = RedisKeySettings &
  (
    | {
        /**
         * `redis://[user[:password]@]host[:port][/db]`, `rediss:` for TLS, or for Sentinels
         * `redis+sentinel://[user:password@]host[:port],host2[:port]/masterName[/db]`. May end in `?prefix=` and
         * `&timeoutMs=`, which a setting of that name overrides.
         */
        readonly location: string
        readonly client?: never
      }
    | {
        /**
         * An ioredis `Redis` or `Cluster` of yours, connected or not. It stays yours: its options stay as they are, and
         * it is never closed. Until `close()` its events are listened to, `error` among them.
         */
        readonly client: RedisClient
        readonly location?: never
      }
  )

/** What a call works with, once the connection is ready. */
interface Call {
  readonly client: RedisClient
  readonly facts: ServerFacts
  /** Throws when the caller has stopped waiting. */
  readonly stillWanted: () => void
}

/**
 * Keeps each page as one value under `prefix` and its token, so any node of a Cluster may hold it. Redis alone decides
 * who gets a page (`GETDEL`, or `GET` and `DEL` before Redis 6.2) and when it has expired, on its own clock. A value
 * that is no page of ours is a miss.
 *
 * Connects at the first use. A call waits for the connection and the answer together, `timeoutMs` at most. A `pull`
 * that timed out, was cut off or was cancelled may have taken its page: a page is handed out at most once.
 * Throws `LOCATION_INVALID` or `SETTINGS_INVALID`.
 */
export function createRedisProvider(settings: RedisProviderSettings): CacheProvider {
  const { connection, server, prefix, timeoutMs, maxPageBytes } = open(settings)
  const gate = createOperationGate('redis')
  const joinBatch = createDeadlineBatches(timeoutMs)
  const memory = createSpareBuffers()
  let closing: Promise<void> | undefined

  /** Passes the gate, waits for the connection and gives failures their name. */
  function use<T>(what: string, operation: (call: Call) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let sent = false
    const failure = (error: unknown) => redisFailure({ what, server, timeoutMs, sent }, error)
    const tooLate = () => failure(new FacsimileError('PROVIDER_TIMEOUT', `Redis did not ${what} in time.`))
    const attempt = async (late: AbortSignal) => {
      const stillWanted = () => {
        late.throwIfAborted()
        signal?.throwIfAborted()
      }
      try {
        const client = connection.readyNow() ?? (await connection.ready())
        stillWanted()
        sent = true
        return await operation({ client, facts: connection.facts(), stillWanted })
      } catch (error) {
        throw failure(error)
      }
    }
    return gate.passInTime(attempt, { batch: joinBatch(), timeoutError: tooLate }, signal)
  }

  async function keep(token: PageToken, page: CapturedPage, { client, facts, stillWanted }: Call): Promise<void> {
    const key = prefix + token
    if (lifeLeftMs(page) < 1) {
      await client.del(key)
      return
    }
    if (page.body.length > maxPageBytes) throw pageTooLarge(page.body.length, maxPageBytes, 'maxPageBytes')
    const value = encodePageRecord(page, { checksBody: false, allocate: memory.take })
    if (value.length > ALWAYS_TAKEN_BYTES) {
      const longest = await longestValue(client, facts)
      if (value.length > longest) throw pageTooLarge(value.length, longest, "Redis's proto-max-bulk-len")
      stillWanted()
    }
    const sentAt = performance.now()
    writeTogether(client, value.length)
    await client.set(key, value, 'PX', Math.max(1, lifeLeftMs(page)))
    // Only now: a client that failed or still waits may send these bytes later.
    memory.give(value)
    // Nobody knows when on the way Redis began to count: the rest is told once more.
    if (performance.now() - sentAt > TRAVEL_MS) await client.pexpire(key, Math.max(0, lifeLeftMs(page)))
  }

  async function take(token: PageToken, { client, facts, stillWanted }: Call): Promise<CapturedPage | undefined> {
    writeTogether(client, token.length)
    return toPage(await takeValue(client, prefix + token, facts, stillWanted))
  }

  return {
    name: 'redis',
    store: (token, page, { signal } = {}) => use('store a page', (call) => keep(token, page, call), signal),
    pull: (token, { signal } = {}) => use('take a page', (call) => take(token, call), signal),
    peek: (token, { signal } = {}) =>
      use('read a page', async ({ client }) => toPage(await readValue(client, prefix + token)), signal),
    remove: (token) => use('remove a page', async ({ client }) => (await client.del(prefix + token)) === 1),
    async check() {
      if (gate.isClosed()) return ['The redis cache provider is closed; open a new one.']
      try {
        return await use('store and take a probe', ({ client, facts, stillWanted }) =>
          checkRedis(client, facts, { prefix, server, stillWanted }),
        )
      } catch (error) {
        return [(error as Error).message]
      }
    },
    usage: () => use('count its pages', ({ client, stillWanted }) => usageOfRedis(client, prefix, stillWanted)),
    close: () => (closing ??= gate.close().then(() => connection.close(timeoutMs))),
  }
}

/** Whole milliseconds; less than one: the page has expired. */
function lifeLeftMs({ expiresAt }: CapturedPage): number {
  return Math.floor(startLife(expiresAt, performance).lifetimeMs) - TRAVEL_MS
}

/** A value that is no record of ours, or not a whole one, is none. */
function toPage(value: Buffer | undefined): CapturedPage | undefined {
  return value === undefined ? undefined : decodePageRecord(value)
}

function pageTooLarge(bytes: number, most: number, limit: string): FacsimileError {
  return new FacsimileError(
    'PAGE_TOO_LARGE',
    `a page of ${bytes} bytes is longer than ${limit} = ${most} allows; raise it or lower the maxPageBytes of the middleware`,
  )
}

type Opened = Required<RedisKeySettings> & { readonly connection: RedisConnection; readonly server: string }

function open(settings: RedisProviderSettings): Opened {
  const { location, client } = settings as { location?: unknown; client?: unknown }
  if ((location === undefined) === (client === undefined)) {
    throw new FacsimileError('SETTINGS_INVALID', 'give the redis cache provider either a location or a client')
  }
  if (client !== undefined) return openClient(client, settings)
  if (typeof location !== 'string') {
    throw new FacsimileError('LOCATION_INVALID', 'the redis location is not a string; write redis://host:port')
  }
  const parsed = parseRedisLocation(location)
  const { prefix = parsed.prefix, timeoutMs = parsed.timeoutMs, maxPageBytes } = settings
  const resolved = resolveKeySettings({
    ...(prefix !== undefined && { prefix }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(maxPageBytes !== undefined && { maxPageBytes }),
  })
  const hosts = parsed.hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
  return {
    ...resolved,
    connection: createRedisConnection(() => createOwnClient(parsed, resolved.timeoutMs), true),
    server: parsed.masterName === undefined ? hosts : `${parsed.masterName} of the Sentinels ${hosts}`,
  }
}

function openClient(client: unknown, settings: RedisKeySettings): Opened {
  if (!isRedisClient(client)) {
    throw new FacsimileError('SETTINGS_INVALID', 'client is no ioredis client; give a Redis or Cluster of ioredis')
  }
  return {
    ...resolveKeySettings(settings),
    connection: createRedisConnection(() => Promise.resolve(client), false),
    server: 'the given client',
  }
}
