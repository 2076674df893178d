// Watches one client: who asks waits until it can be asked, or learns at once why it cannot.
import { toError } from '../../errors.js'
import type { RedisClient } from './redis-client.js'

/** What has been learned of the server; forgotten with the connection, for the next may lead to another one. */
export interface ServerFacts {
  /** It is older than Redis 6.2. */
  lacksGetdel?: boolean
  /** In bytes; asked for when a value is long enough to matter. */
  longestValue?: number
}

export interface RedisConnection {
  /** The client if it can be asked at once; `ready()` tells why not. */
  readyNow(): RedisClient | undefined
  /**
   * The client as soon as it is connected; the first call connects it. While the server cannot be reached, rejects with
   * the reason of the last attempt; while nobody knows yet, waits: the caller has a deadline.
   */
  ready(): Promise<RedisClient>
  facts(): ServerFacts
  /** Stops watching; a client of our own is told to quit, and cut off if it has not within `timeoutMs`. */
  close(timeoutMs: number): Promise<void>
}

interface Waiting {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** `open` gives the client, at the first use; `owned`: we made it, so we end it. */
export function createRedisConnection(open: () => Promise<RedisClient>, owned: boolean): RedisConnection {
  let opening: Promise<RedisClient> | undefined
  let watched: RedisClient | undefined
  let facts: ServerFacts = {}
  let live = false
  /** Why the last attempt to connect failed; nothing while the first is under way or the connection is good. */
  let failure: Error | undefined
  /** The connection is good, and leads to another database than was asked for. */
  let wrongDatabase: Error | undefined
  /** One for all callers, so that the client has the same few listeners however many wait. */
  let waiting: Waiting | undefined

  function settle(error?: Error): void {
    const settled = waiting
    waiting = undefined
    if (error) settled?.reject(error)
    else settled?.resolve()
  }

  function onReady(): void {
    live = true
    failure = undefined
    facts = {}
    settle(wrongDatabase)
  }

  function onError(error: Error): void {
    if (live) return // close follows, and the first attempt to come back has yet to be made
    if (isSelectFailure(error)) wrongDatabase = error
    failure = error
    settle(error)
  }

  function onClose(): void {
    wrongDatabase = undefined
    if (!live) {
      failure ??= new Error('Connection is closed.')
      settle(failure)
    }
    live = false
  }

  function onEnd(): void {
    failure ??= new Error('Connection is closed.')
    settle(failure)
    if (!owned) return
    // ioredis gives a client up when it cannot even begin to connect; the next call makes another one.
    opening = undefined
    watched = undefined
    failure = undefined
  }

  function watch(client: RedisClient): RedisClient {
    watched = client
    live = client.status === 'ready'
    client.on('ready', onReady)
    client.on('error', onError)
    client.on('close', onClose)
    client.on('end', onEnd)
    return client
  }

  async function openOnce(): Promise<RedisClient> {
    opening ??= open().then(watch)
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  function readyNow(): RedisClient | undefined {
    const isReady = wrongDatabase === undefined && watched?.status === 'ready' && watched.stream?.writable !== false
    return isReady ? watched : undefined
  }

  return {
    readyNow,

    async ready() {
      const client = await openOnce()
      if (wrongDatabase !== undefined) throw wrongDatabase
      if (readyNow() === client) return client
      if (client.status === 'end') throw failure ?? new Error('Connection is closed.')
      if (failure !== undefined) throw failure
      waiting ??= createWaiting()
      const { promise } = waiting
      // Its rejection says less than the error event, which comes first.
      if (client.status === 'wait') client.connect().catch((error: unknown) => settle(failure ?? toError(error)))
      await promise
      return client
    },

    facts: () => facts,

    async close(timeoutMs) {
      const client = await opening?.catch(() => undefined)
      if (client === undefined) return
      client.off('ready', onReady)
      client.off('close', onClose)
      client.off('end', onEnd)
      settle(new Error('Connection is closed.'))
      if (!owned) {
        client.off('error', onError)
        return
      }
      // A client of our own keeps its error listener: a late error is nobody's news any more.
      if (client.status === 'ready') await settledWithin(timeoutMs, client.quit())
      client.disconnect()
    },
  }
}

function createWaiting(): Waiting {
  const { promise, resolve, reject } = withResolvers()
  promise.catch(() => undefined) // whoever waits has the promise itself
  return { promise, resolve, reject }
}

function withResolvers(): Waiting {
  let resolve: () => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** ioredis reports a SELECT that was refused, and goes on in database 0. */
function isSelectFailure(error: Error & { command?: { name?: unknown } }): boolean {
  return error.command?.name === 'select'
}

async function settledWithin(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    void Promise.allSettled([promise]).then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
