// Runs an example that is a whole program: in a process of its own, within the project, so that packages are found by name.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endProcess } from './end-process.js'
import { eventually } from './eventually.js'
import { ROOT } from './page-examples.js'
import { accepts, freePort } from './ports.js'

/** A machine that does other work as well may take its time. */
const READY_MS = 60_000
const RUN_MS = 60_000

export interface ExampleProgram {
  readonly port: number
  /** What it wrote to standard output and standard error so far. */
  output(): string
  /** Sends SIGTERM, as whoever stops a server does; resolves with the exit code, and rejects after 10 s. */
  stop(): Promise<number | null>
}

export interface ExampleOptions {
  readonly env?: Readonly<Record<string, string>>
  /** @default '.mjs' */
  readonly extension?: '.mjs' | '.cjs'
}

/** Resolves when the program listens on the port that the variable PORT tells it; rejects, with its output, when it ends. */
export async function startExample(code: string, options: ExampleOptions = {}): Promise<ExampleProgram> {
  const { env = {}, extension = '.mjs' } = options
  const folder = exampleFolder()
  const file = join(folder, `example${extension}`)
  writeFileSync(file, code)
  const port = await freePort()
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env, PORT: String(port) } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const stop = async () => {
    try {
      return await endProcess(child)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  try {
    await eventually(
      'the example listens',
      () => {
        if (child.exitCode !== null) throw new Error(`The example ended with exit code ${child.exitCode}: ${output}`)
        return accepts(port)
      },
      READY_MS,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { port, output: () => output, stop }
}

/** Runs a program to its end, for a minute at most. `options` are Node's own. */
export async function runExample(
  code: string,
  options: readonly string[] = [],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const folder = exampleFolder()
  const file = join(folder, 'example.mjs')
  writeFileSync(file, code)
  try {
    const child = spawn(process.execPath, [...options, file], { timeout: RUN_MS })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { code: exitCode, output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder of its own, where the packages of the project are found by name. */
function exampleFolder(): string {
  const cache = join(ROOT, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  return mkdtempSync(join(cache, 'example-'))
}
