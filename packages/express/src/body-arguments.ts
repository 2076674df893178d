// The arguments of write() and end(), in all the forms that Node takes, and the bytes that they stand for.
import { types } from 'node:util'

export type Callback = (error?: Error | null) => void

export interface BodyArguments {
  readonly chunk: unknown
  readonly encoding: BufferEncoding | undefined
  readonly callback: Callback | undefined
}

/** The write() or end() that makes the headers go. */
export interface FirstBody extends BodyArguments {
  /** Whether it is the entire body. */
  readonly whole: boolean
}

export const NOTHING = Buffer.alloc(0)

/** Reads (chunk, encoding?, callback?) and, for end(), the shorter (callback). */
export function readBodyArguments(args: readonly unknown[]): BodyArguments {
  const chunk = args[0]
  const encoding = args[1]
  const callback = args[2]
  if (typeof chunk === 'function') return { chunk: undefined, encoding: undefined, callback: chunk as Callback }
  if (typeof encoding === 'function') return { chunk, encoding: undefined, callback: encoding as Callback }
  return {
    chunk,
    encoding: (encoding ?? undefined) as BufferEncoding | undefined,
    callback: typeof callback === 'function' ? (callback as Callback) : undefined,
  }
}

export function isNothing(chunk: unknown): chunk is null | undefined {
  return chunk === undefined || chunk === null
}

/** Whether Node takes the chunk; anything else makes it throw, which is then its own affair. */
export function isSendable({ chunk, encoding }: BodyArguments): boolean {
  if (typeof chunk === 'string') return encoding === undefined || Buffer.isEncoding(encoding)
  return Buffer.isBuffer(chunk) || types.isUint8Array(chunk)
}

/** The bytes that Node would send; only for what `isSendable`. A string's bytes are nobody else's, others are shared. */
export function toBytes({ chunk, encoding }: BodyArguments): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding)
  if (Buffer.isBuffer(chunk)) return chunk
  const { buffer, byteOffset, byteLength: length } = chunk as Uint8Array
  return Buffer.from(buffer, byteOffset, length)
}

export function byteLength(pieces: readonly Buffer[]): number {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  return bytes
}
