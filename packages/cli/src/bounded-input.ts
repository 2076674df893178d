// Reading a file or standard input into memory, never more of it than the caller has room for.
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { reasonOf, usageFailure } from './failure.js'
import type { Io } from './io.js'

/** The bytes of `name`, or of standard input for `-`; `undefined` when they are more than `maxBytes`. Rejects as node:fs does. */
export async function readBounded(io: Io, name: string, maxBytes: number): Promise<Buffer | undefined> {
  return name === '-' ? collect(io.stdin, maxBytes) : readFileBounded(resolve(io.cwd, name), maxBytes)
}

async function readFileBounded(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path)
  try {
    // `end` is inclusive: one byte more than fits shows that there is more.
    return await collect(file.createReadStream({ end: maxBytes, autoClose: false }), maxBytes)
  } finally {
    await file.close()
  }
}

async function collect(chunks: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk)
    size += part.length
    if (size > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * The value of an option as curl has it: `@file` stands for what is in the file and `@-` for standard input, so that
 * a secret need not stand in the list of processes.
 */
export async function valueOrFile(io: Io, option: string, value: string, maxBytes: number): Promise<Buffer> {
  if (!value.startsWith('@')) return Buffer.from(value)
  const name = value.slice(1)
  const bytes = await readBounded(io, name, maxBytes).catch((cause: unknown) => {
    throw usageFailure(
      `${option} cannot read ${JSON.stringify(name)}: ${reasonOf(cause)}`,
      'Give @ and the name of a file that exists, or @- for standard input.',
      { cause },
    )
  })
  if (bytes === undefined)
    throw usageFailure(`${option} ${JSON.stringify(value)} is longer than ${maxBytes} bytes`, 'Give less.')
  return bytes
}
