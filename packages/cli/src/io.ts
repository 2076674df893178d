// What a command may touch of the process around it, so that tests can be that process.

interface Output {
  write(chunk: string | Uint8Array): unknown
  readonly isTTY?: boolean
  /** The width of a terminal. */
  readonly columns?: number
}

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** File names on the command line are relative to this folder. */
  readonly cwd: string
}
