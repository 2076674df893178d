// The ioredis client that the provider makes for a location, and why each of its options is as it is.
import type { RedisOptions } from 'ioredis'
import { FacsimileError } from '../../errors.js'
import type { RedisClient } from './redis-client.js'
import type { RedisLocation } from './redis-location.js'

const CONNECT_TIMEOUT_MS = 1_000
const DISCONNECT_TIMEOUT_MS = 500
const KEEP_ALIVE_MS = 5_000

const FIRST_RETRY_MS = 100
/** After an outage the next attempt to connect is never further away than this. */
const LAST_RETRY_MS = 2_000
const RETRY_JITTER_MS = 100

/** Without the option that decides on the types of replies; they stay as they always were. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** A server that answers so is the wrong one, or not ready yet: a new connection may lead to the right one. */
const RECONNECT_ON = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN) /

/** A new client for `location` that has not connected yet. Rejects with `PROVIDER_FAILED` when ioredis is missing. */
export async function createOwnClient(location: RedisLocation, timeoutMs: number): Promise<RedisClient> {
  const { Redis } = await loadIoredis()
  const client: RedisClient = new Redis({
    ...clientOptions(location, timeoutMs),
    // `true` connects anew; 2 would also send the command again. Once is enough, however many commands were answered so.
    reconnectOnError: (error) => RECONNECT_ON.test(error.message) && client.stream?.writable === true,
  })
  return client
}

/** A command either gets its answer in time or is rejected; none waits in a queue, and none is ever sent twice. */
function clientOptions(location: RedisLocation, timeoutMs: number): ClientOptions {
  const { username, password, db } = location
  return {
    ...addressOptions(location, timeoutMs),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db,
    // RESP2 is what every server, proxy and access list understands; nothing here needs more.
    protocol: 2,
    disableClientInfo: true,
    lazyConnect: true,
    // The queue has no bound, and what waits in it outlives its caller: a GETDEL would take a page for nobody.
    enableOfflineQueue: false,
    // The three belong together: a GETDEL that is sent again answers "none" for the page that it took, and one that is
    // not sent again is settled by the zero only.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // A peer that vanished without a word is noticed while commands wait, and by the system while none do.
    socketTimeout: timeoutMs + 1_500,
    keepAlive: KEEP_ALIVE_MS,
    maxLoadingRetryTime: 1_000,
    retryStrategy: retryDelayMs,
  }
}

/** Doubles from 100 ms to 2 s, with a little chance so that a farm does not come back in one moment; never gives up. */
function retryDelayMs(attempt: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS) + Math.floor(Math.random() * RETRY_JITTER_MS)
}

function addressOptions({ hosts, masterName, tls }: RedisLocation, timeoutMs: number): ClientOptions {
  if (masterName === undefined) return { ...hosts[0], ...(tls && { tls: {} }) }
  return {
    sentinels: hosts.map((host) => ({ ...host })),
    name: masterName,
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryDelayMs,
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  }
}

async function loadIoredis() {
  try {
    return await import('ioredis')
  } catch (error) {
    throw new FacsimileError(
      'PROVIDER_FAILED',
      'The redis cache provider needs the package ioredis, which could not be loaded: run npm install ioredis.',
      { cause: error },
    )
  }
}
