// One real Sentinel that watches one Redis of this machine under the name `main`.
import { Redis } from 'ioredis'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { closedPort } from './redis-bench.js'

export interface Sentinel {
  readonly port: number
  /** Asks it, for example `ask('REPLICAS', 'main')`. */
  ask(subcommand: string, ...args: string[]): Promise<unknown>
  stop(): Promise<void>
}

/** Resolves once the Sentinel knows that the server at `port`, which asks for `password`, is there. */
export async function startSentinel({ port, password }: { port: number; password: string }): Promise<Sentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-'))
  const own = await closedPort()
  const config = join(folder, 'sentinel.conf') // a Sentinel writes what it learns into its configuration
  await writeFile(
    config,
    [
      `port ${own}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${port} 1`,
      `sentinel auth-pass main ${password}`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
      '',
    ].join('\n'),
  )
  const child = spawn('redis-server', [config, '--sentinel'], { cwd: folder, stdio: 'ignore' })
  const ended = once(child, 'close')
  const client = new Redis({ port: own, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => undefined) // it may not listen yet
  const stop = async () => {
    client.disconnect()
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await eventually('the Sentinel finds its server', async () => {
      const [known] = await Promise.allSettled([client.call('SENTINEL', 'CKQUORUM', 'main')])
      return known.status === 'fulfilled'
    })
    return { port: own, stop, ask: (subcommand, ...args) => client.call('SENTINEL', subcommand, ...args) }
  } catch (error) {
    await stop()
    throw error
  }
}
