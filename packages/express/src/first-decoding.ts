// Decodes the first bytes of a compressed body while the headers wait: whether it is what Content-Encoding says must be
// known before they are edited.
import type { Codec, Coding } from './content-coding.js'

/** So much is decoded at once; a body that is given whole and is no longer than this is proven to its last byte. */
const MOST_BYTES = 64 * 1024
/** So much of what comes out of more than `MOST_OUTPUT_BYTES`. */
const FEW_BYTES = 1024
/** A thousand times `FEW_BYTES`: what goes beyond this even with so few is no page, and nobody's to expand. */
const MOST_OUTPUT_BYTES = 1000 * FEW_BYTES

export interface FirstDecoding {
  readonly bytes: Buffer
  /** Whether these are all bytes of the page, and nothing was wrong with them. */
  readonly isWhole: boolean
  /** Those that were taken, in the order of the codings; fewer where nothing came so far. */
  readonly codecs: readonly Codec[]
}

/** `isWhole` says that no more bytes will follow. Answers `undefined` for what cannot be decoded, or expands beyond measure. */
export function decodeFirst(codings: readonly Coding[], bytes: Buffer, isWhole: boolean): FirstDecoding | undefined {
  for (const most of [MOST_BYTES, FEW_BYTES]) {
    const isAll = bytes.length <= most
    try {
      return decodeThrough(codings, isAll ? bytes : bytes.subarray(0, most), isWhole && isAll)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return undefined
    }
  }
  return undefined
}

function decodeThrough(codings: readonly Coding[], compressed: Buffer, isWhole: boolean): FirstDecoding {
  const codecs: Codec[] = []
  let bytes = compressed
  for (const coding of codings.toReversed()) {
    const [firstByte] = bytes
    if (firstByte === undefined) break
    const codec = coding(firstByte)
    codecs.unshift(codec)
    bytes = codec.decodeAtOnce(bytes, isWhole, MOST_OUTPUT_BYTES)
  }
  return { bytes, isWhole, codecs }
}
