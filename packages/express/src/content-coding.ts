// The content codings that a page may come in (RFC 9110, 8.4.1), and what Node has to undo and redo each of them.
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

export type CodecStream = Transform & Pick<zlib.Zlib, 'flush'>

/** One way to compress, down to the variant. */
export interface Codec {
  createDecoder(): CodecStream
  createEncoder(): CodecStream
  /** With it an encoder gives all that it can for what it was given. */
  readonly flushFlag: number
  /** After a flush no decoder takes these bytes for anything: where a page breaks off, nothing is made of what follows. */
  readonly breach: Buffer
  /**
   * Decodes a few bytes while the caller waits. Throws for what is not compressed so, for a whole that is cut off or has
   * something behind it, and with the code ERR_BUFFER_TOO_LARGE for more than `mostBytes` of output.
   */
  decodeAtOnce(bytes: Buffer, isWhole: boolean, mostBytes: number): Buffer
}

/** Tells by the first compressed byte which codec it takes. */
export type Coding = (firstByte: number) => Codec

interface CodecOptions {
  chunkSize?: number
  flush?: number
  params?: Record<number, number>
}

interface OneShotOptions {
  finishFlush?: number
  maxOutputLength: number
  info: true
}

type OneShot = (bytes: Buffer, options: OneShotOptions) => unknown
type Create = (options: CodecOptions) => CodecStream

/** Node has them since 22.15 and 23.8; the types of Node 20 know nothing of them. */
type WithZstd = typeof zlib & {
  readonly createZstdDecompress?: Create
  readonly createZstdCompress?: Create
  readonly zstdDecompressSync?: OneShot
}

const { BROTLI_OPERATION_FLUSH, BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, Z_SYNC_FLUSH } = zlib.constants

/** Each piece of output is a trip to the thread pool and back; each stream keeps room for one. */
const PIECE_BYTES = 32 * 1024
/** Page by page, brotli at 4 takes the time of gzip at its default level. */
const BROTLI_QUALITY = 4
/** A window of 512 KiB holds most pages; that of the default, 4 MiB, would be memory for each response. */
const BROTLI_WINDOW_BITS = 19
/** Each one costs a decoder and an encoder. */
const MAX_CODINGS = 4

/** A block of the type that deflate reserves (RFC 1951, 3.2.3). */
const DEFLATE_BREACH = Buffer.of(0x07)
/** A metadata block with the bit set that must be zero (RFC 7932, 9.2). */
const BROTLI_BREACH = Buffer.of(0x0e)
/** A block of the type that zstd reserves (RFC 8878, 3.1.1.2). */
const ZSTD_BREACH = Buffer.of(0x06, 0, 0)
/** The directive ZSTD_e_flush, which older versions of Node have no name for. */
const ZSTD_FLUSH = 1

const gzip = deflateCodec(zlib.createGunzip, zlib.createGzip, zlib.gunzipSync)
const zlibWrapped = deflateCodec(zlib.createInflate, zlib.createDeflate, zlib.inflateSync)
const rawDeflate = deflateCodec(zlib.createInflateRaw, zlib.createDeflateRaw, zlib.inflateRawSync)

const brotli: Codec = {
  createDecoder: () => zlib.createBrotliDecompress({ chunkSize: PIECE_BYTES }),
  createEncoder: () =>
    zlib.createBrotliCompress({
      chunkSize: PIECE_BYTES,
      params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS },
    }),
  flushFlag: BROTLI_OPERATION_FLUSH,
  breach: BROTLI_BREACH,
  decodeAtOnce: atOnce(zlib.brotliDecompressSync, BROTLI_OPERATION_FLUSH),
}

const zstd = zstdCodec(zlib)

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', () => gzip],
  ['x-gzip', () => gzip],
  // The method 8 in the low half of the first byte; as raw deflate that would be a stored block with dirty padding.
  ['deflate', (firstByte: number) => ((firstByte & 0x0f) === 8 ? zlibWrapped : rawDeflate)],
  ['br', () => brotli],
  ...(zstd === undefined ? [] : [['zstd', () => zstd] as const]),
])

/** The codings of a Content-Encoding in the order they were applied; `undefined` when one is unknown, or they are too many. */
export function readCodings(contentEncoding: string): readonly Coding[] | undefined {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > MAX_CODINGS) return undefined
  const codings = names.map((name) => CODINGS.get(name))
  return codings.every((coding) => coding !== undefined) ? codings : undefined
}

function deflateCodec(createDecoder: Create, createEncoder: Create, decodeSync: OneShot): Codec {
  return {
    createDecoder: () => createDecoder({ chunkSize: PIECE_BYTES, flush: Z_SYNC_FLUSH }),
    createEncoder: () => createEncoder({ chunkSize: PIECE_BYTES }),
    flushFlag: Z_SYNC_FLUSH,
    breach: DEFLATE_BREACH,
    decodeAtOnce: atOnce(decodeSync, Z_SYNC_FLUSH),
  }
}

function zstdCodec({ createZstdDecompress, createZstdCompress, zstdDecompressSync }: WithZstd): Codec | undefined {
  if (createZstdDecompress === undefined || createZstdCompress === undefined || zstdDecompressSync === undefined)
    return undefined
  return {
    createDecoder: () => createZstdDecompress({ chunkSize: PIECE_BYTES }),
    createEncoder: () => createZstdCompress({ chunkSize: PIECE_BYTES }),
    flushFlag: ZSTD_FLUSH,
    breach: ZSTD_BREACH,
    decodeAtOnce: atOnce(zstdDecompressSync, ZSTD_FLUSH),
  }
}

function atOnce(decodeSync: OneShot, flushFlag: number): Codec['decodeAtOnce'] {
  return (bytes, isWhole, mostBytes) => {
    // Without a flag of its own the end of the bytes must be the end of what they hold.
    const options = { maxOutputLength: mostBytes, info: true, ...(isWhole ? {} : { finishFlush: flushFlag }) } as const
    const { buffer, engine } = decodeSync(bytes, options) as { buffer: Buffer; engine: { bytesWritten: number } }
    if (isWhole && engine.bytesWritten < bytes.length) {
      throw new Error(
        `After the compressed page come ${bytes.length - engine.bytesWritten} bytes that are no part of it.`,
      )
    }
    return buffer
  }
}
