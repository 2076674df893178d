// The farm of docker-compose.yml without containers: two demo processes with the variables that it gives them, and the
// balancer before both.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ask } from '../../express/support/http-client.js'
import { eventually } from '../../support/eventually.js'
import { closedPort } from '../../stores/support/redis-bench.js'
import { environmentOf, ROOT } from './compose.js'
import { startBalancer } from './farm-balancer.js'

const MAIN = join(ROOT, 'packages/demo/dist/main.js')
const DEADLINE_MS = 20_000

export interface DemoFarm {
  /** The balancer. */
  readonly port: number
  readonly shopUrl: string
  readonly trackerUrl: string
  /** Ends server b as a shutdown of its machine would: orderly. */
  readonly stopB: () => Promise<void>
}

/** Starts the farm with `cacheProvider` in common, and stops it when `use` has ended. */
export async function withDemoFarm(cacheProvider: string, use: (farm: DemoFarm) => Promise<void>): Promise<void> {
  const [port, a, b, desk] = await Promise.all([closedPort(), closedPort(), closedPort(), closedPort()])
  const shopUrl = `http://127.0.0.1:${port}`
  const trackerUrl = `http://127.0.0.1:${desk}`
  // What is another on one machine than in a network of containers; the other variables stay as they are.
  const common = {
    HOST: '127.0.0.1',
    CACHE_PROVIDER: cacheProvider,
    PUBLIC_ORIGIN: shopUrl,
    TRUSTED_PROXIES: '127.0.0.1',
    CRAWLER_ADDRESSES: '127.0.0.1',
  }
  const ends: (() => Promise<void>)[] = []
  try {
    const serverA = startServer(
      environmentOf('shop-a', { ...common, PORT: String(a), TRACKER_PORT: String(desk), CRAWL_ORIGIN: shopUrl }),
    )
    ends.push(() => stop(serverA))
    const serverB = startServer(environmentOf('shop-b', { ...common, PORT: String(b), TRACKER_ORIGIN: trackerUrl }))
    ends.push(() => stop(serverB))
    await Promise.all([answering(serverA, a), answering(serverB, b)])
    const balancer = await startBalancer(port, [a, b])
    ends.push(() => balancer.stop())
    await use({ port, shopUrl, trackerUrl, stopB: () => stop(serverB) })
  } catch (error) {
    await Promise.allSettled(ends.map((end) => end()))
    throw error
  }
  await Promise.all(ends.map((end) => end()))
}

function startServer(environment: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function answering(server: ChildProcess, port: number): Promise<void> {
  await eventually(
    'a server of the farm answers',
    () => {
      if (server.exitCode !== null) throw new Error('a server of the farm ended early; its words stand above')
      return answers(port)
    },
    DEADLINE_MS,
  )
}

/** Whether a picture of the shop is served; a page would be stored. */
function answers(port: number): Promise<boolean> {
  return ask(port, '/mark.svg').then(
    ({ status }) => status === 200,
    () => false,
  )
}

/** Ends a server with SIGTERM; rejects when it does not end well. A second call does nothing more. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const exit = once(server, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })
    server.kill('SIGTERM')
    await exit.finally(() => server.kill('SIGKILL'))
  }
  if (server.exitCode !== 0) throw new Error(`a server of the farm ended with ${String(server.exitCode)}`)
}
