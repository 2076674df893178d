// A proxy from a program of this machine: one process in the foreground, with one configuration file in a folder that
// goes with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess } from './end-process.js'
import { eventually } from './eventually.js'
import { accepts } from './ports.js'
import type { Balancer } from './reverse-proxy.js'

export interface ProxyKind {
  readonly title: string
  readonly program: string
  /** The arguments that keep it in the foreground. */
  arguments(file: string, folder: string): readonly string[]
  /** All of the configuration file. */
  configuration(folder: string): string
}

/** Resolves when it listens on `port`, as its configuration must tell it to; what it complains of is shown. */
export async function startProxy(kind: ProxyKind, port: number): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), `facsimile-${kind.title.toLowerCase()}-`))
  const file = join(folder, 'configuration')
  await writeFile(file, kind.configuration(folder))
  const child = spawn(kind.program, kind.arguments(file, folder), { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async () => {
    await endProcess(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await once(child, 'spawn')
    await eventually(`${kind.title} listens`, () => {
      if (child.exitCode !== null)
        throw new Error(`${kind.title} ended with exit code ${child.exitCode}; its words stand above`)
      return accepts(port)
    })
    return { port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What `npm test` has found under the variable; throws, with the remedy, when it has not. */
export function foundProgram(variable: 'TEST_NGINX' | 'TEST_HAPROXY'): string {
  const program = process.env[variable]
  if (program !== undefined) return program
  throw new Error(`This test needs ${variable}, which is not set: run it by npm test, which finds or installs it.`)
}
