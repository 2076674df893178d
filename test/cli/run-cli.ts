// Runs one `facsimile` command line in this process, with everything it writes kept.
import { Readable } from 'node:stream'
import { runProgram } from '../../packages/cli/src/program.js'

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  /** The same, byte for byte. */
  readonly stdoutBytes: Buffer
  readonly stderr: string
}

export interface CliSurroundings {
  readonly cwd: string
  readonly stdin?: Buffer | string
  readonly isTTY?: boolean
  readonly columns?: number
  readonly env?: Record<string, string>
}

export async function runCli(args: readonly string[], surroundings: CliSurroundings): Promise<CliRun> {
  const { cwd, stdin = '', isTTY = false, columns, env = {} } = surroundings
  const terminal = { isTTY, ...(columns !== undefined && { columns }) }
  const out: Buffer[] = []
  const err: Buffer[] = []
  const exitCode = await runProgram(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: { write: (chunk) => out.push(Buffer.from(chunk)), ...terminal },
    stderr: { write: (chunk) => err.push(Buffer.from(chunk)), ...terminal },
    env,
    cwd,
  })
  const stdoutBytes = Buffer.concat(out)
  return { exitCode, stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(err).toString() }
}
