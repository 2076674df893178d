// Starts the servers of a farm, each in a process of its own, and stops them again.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { FacsimileSettings } from '@facsimile/express'

// The worker imports the built packages, as a user's process does: `npm run build` comes first.
const SERVER = join(import.meta.dirname, '..', 'workers', 'farm-server.mjs')
const DEADLINE_MS = 20_000

export interface FarmServer {
  readonly port: number
  /** Resolves when no page is on its way to the store any more. */
  flush(): Promise<void>
  /** Lets the process end by itself; rejects when it does not, or not well. */
  stop(): Promise<void>
}

export interface FarmServerOptions {
  /** What the server calls itself in the `Farm-Server` header of every answer. */
  readonly name: string
  readonly settings: FacsimileSettings
  /** The server writes its own host and port into the fetch URL. */
  readonly hasDirectHost?: boolean
}

export async function startFarmServer(options: FarmServerOptions): Promise<FarmServer> {
  const child = fork(SERVER, [JSON.stringify(options)], { execArgv: [] })
  try {
    const port = Number(await messageOf(child))
    return {
      port,
      async flush() {
        const flushed = messageOf(child)
        child.send('flush')
        await flushed
      },
      stop: () => stop(child),
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`a server ended early: ${ending(child)}`)
  try {
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.disconnect()
    const [code] = (await exit) as [number | null]
    if (code !== 0) throw new Error(`a server ended badly: ${ending(child)}`)
  } finally {
    child.kill('SIGKILL')
  }
}

/** The next message of the process; rejects when the process ends, or says nothing in time. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(DEADLINE_MS)])
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`a server ended early: ${ending(child)}`)
  })
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown]
    return message
  } finally {
    done.abort()
  }
}

function ending({ exitCode, signalCode }: ChildProcess): string {
  return `exit code ${String(exitCode)}, signal ${String(signalCode)}`
}
