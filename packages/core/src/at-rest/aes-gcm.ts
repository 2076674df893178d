// AES-256-GCM over one page, in slices, so that a large page does not hold up the event loop.
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16
/** Well below a millisecond's work. */
const SLICE_BYTES = 256 * 1024

export interface SealInputs {
  readonly secret: KeyObject
  /** 12 bytes, used once with this key. */
  readonly nonce: Buffer
  /** Bytes that are not encrypted but must be the same again when opening. */
  readonly bound: Buffer
}

/** The pieces of what `plain` becomes, the tag last. Rejects with the signal's reason when it aborts between slices. */
export async function encrypt(
  plain: Buffer,
  { secret, nonce, bound }: SealInputs,
  signal?: AbortSignal,
): Promise<readonly Buffer[]> {
  const cipher = createCipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(bound)
  const pieces = await inSlices(plain, (slice) => cipher.update(slice), signal)
  return [...pieces, cipher.final(), cipher.getAuthTag()]
}

/** What was encrypted; `undefined` unless every bit of `sealed`, and everything that it is bound to, is as it was. */
export async function decrypt(
  sealed: Buffer,
  { secret, nonce, bound }: SealInputs,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  const plainBytes = sealed.length - TAG_BYTES
  if (plainBytes < 0) return undefined
  const decipher = createDecipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(bound)
  decipher.setAuthTag(sealed.subarray(plainBytes))
  const pieces = await inSlices(sealed.subarray(0, plainBytes), (slice) => decipher.update(slice), signal)
  try {
    return Buffer.concat([...pieces, decipher.final()])
  } catch {
    return undefined
  }
}

async function inSlices(bytes: Buffer, work: (slice: Buffer) => Buffer, signal?: AbortSignal): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    if (at > 0) await turn()
    signal?.throwIfAborted()
    pieces.push(work(bytes.subarray(at, at + SLICE_BYTES)))
  }
  return pieces
}
