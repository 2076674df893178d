// The arguments of write() and end(), in all the forms that Node takes.

export type Callback = (error?: Error | null) => void

export interface BodyArguments {
  readonly chunk: unknown
  readonly encoding: BufferEncoding | undefined
  readonly callback: Callback | undefined
}

/** Reads (chunk, encoding?, callback?) and, for end(), the shorter (callback). */
export function readBodyArguments([chunk, encoding, callback]: readonly unknown[]): BodyArguments {
  if (typeof chunk === 'function') return { chunk: undefined, encoding: undefined, callback: chunk as Callback }
  if (typeof encoding === 'function') return { chunk, encoding: undefined, callback: encoding as Callback }
  return {
    chunk,
    encoding: (encoding ?? undefined) as BufferEncoding | undefined,
    callback: typeof callback === 'function' ? (callback as Callback) : undefined,
  }
}

/** The bytes that Node would send for `chunk`, or `undefined` for what it would refuse with an error. */
export function toBytes(chunk: unknown, encoding: BufferEncoding | undefined): Buffer | undefined {
  if (typeof chunk === 'string') {
    return encoding === undefined || Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined
  }
  if (Buffer.isBuffer(chunk)) return chunk
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : undefined
}
