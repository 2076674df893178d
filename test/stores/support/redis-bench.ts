// Private Redis servers, providers and clients for the tests of the Redis provider, all of them closed afterwards.
import type { CacheProvider } from '@facsimile/core'
import { createRedisProvider, type RedisProviderSettings } from '@facsimile/core/redis'
import { Redis } from 'ioredis'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { withEnds, type OnEnd } from '../../support/ends.js'
import { eventually } from '../../support/eventually.js'
import { startRedis, type ThrowAwayServer } from '../../../scripts/services.mjs'

/** What a test opens; each thing is closed when the test ends, the last one first. */
export interface RedisBench {
  server(...args: string[]): Promise<ThrowAwayServer>
  provider(settings: RedisProviderSettings): CacheProvider
  /** A client of the test's own, connected. */
  client(url: string): Promise<Redis>
  readonly onEnd: OnEnd
}

/** A test body that is given a bench. */
export function withBench(use: (bench: RedisBench) => Promise<void>): () => Promise<void> {
  return withEnds((onEnd) =>
    use({
      onEnd,
      async server(...args) {
        const server = await startRedis({ args })
        onEnd(() => server.stop())
        return server
      },
      provider(settings) {
        const provider = createRedisProvider(settings)
        onEnd(() => provider.close())
        return provider
      },
      async client(url) {
        const client = new Redis(url)
        onEnd(() => client.disconnect())
        await client.ping()
        return client
      },
    }),
  )
}

/** Freezes the server: connections are accepted, nothing is answered. Resolves, when it is frozen, to what thaws it. */
export async function freeze(server: ThrowAwayServer): Promise<() => Promise<void>> {
  await server.kill('SIGSTOP')
  await eventually('the server is frozen', async () => !(await answers(server.port)))
  return () => server.kill('SIGCONT')
}

/** Whether a server at `port` answers a PING within 100 ms. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write('PING\r\n')
    await once(socket, 'data', { signal: AbortSignal.timeout(100) })
    return true
  } catch (error) {
    if ((error as Error).name === 'AbortError') return false
    throw error
  } finally {
    socket.destroy()
  }
}

/** A port of this machine where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
