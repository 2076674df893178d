// Makes page records smaller before they are stored and gives them back, on Node's thread pool.
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { FacsimileError } from '../errors.js'

export /** The words that `compression` takes beside `false`. */
const COMPRESSIONS = ['brotli', 'gzip', 'zstd'] as const

export type Compression = (typeof COMPRESSIONS)[number]

// Measured on pages of documentation: brotli at 4 is quicker than gzip at 6 and its pages are a little smaller; at 5 it
// takes nearly twice the time for 6 % less.
const BROTLI_QUALITY = 4
const GZIP_LEVEL = 6
/** Each piece of output is a trip to the thread pool and back: with 16 KiB, Node's own size, they cost more than the work. */
const MOST_PIECE_BYTES = 256 * 1024

interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  /** Rejects for what is not compressed so, and as soon as more than `mostBytes` come out. */
  expand(bytes: Buffer, mostBytes: number): Promise<Buffer>
}

type OneShot = (
  bytes: Buffer,
  options: { chunkSize?: number; maxOutputLength?: number },
  done: (error: Error | null, result: Buffer) => void,
) => void
/** Node has them since 22.15 and 23.8; the types of Node 20 know nothing of them. */
type WithZstd = typeof zlib & { readonly zstdCompress?: OneShot; readonly zstdDecompress?: OneShot }

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)
const brotliCompress = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)
const brotliDecompress = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)

const CODECS: Readonly<Record<Compression, Codec | undefined>> = {
  gzip: {
    compress: (bytes) => gzip(bytes, { level: GZIP_LEVEL, ...inPieces(bytes.length) }),
    expand: (bytes, mostBytes) => gunzip(bytes, atMost(mostBytes)),
  },
  brotli: {
    compress: (bytes) => brotliCompress(bytes, { params: brotliParams(bytes.length), ...inPieces(bytes.length) }),
    expand: (bytes, mostBytes) => brotliDecompress(bytes, atMost(mostBytes)),
  },
  zstd: zstdCodec(zlib),
}

/** What `compression` in the settings names. Throws `SETTINGS_INVALID` for anything else, and for zstd where Node has none. */
export function readCompression(compression: unknown): Compression | false {
  if (compression === false) return false
  const known = COMPRESSIONS.find((name) => name === compression)
  if (known === undefined) {
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `compression is ${JSON.stringify(compression)}; write 'brotli', 'gzip', 'zstd' or false`,
    )
  }
  if (CODECS[known] === undefined) {
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `compression is "${known}", which Node has since 22.15 and 23.8, and this is Node ${process.versions.node}; write 'brotli' or 'gzip', or use a newer Node`,
    )
  }
  return known
}

/** `record` compressed; `undefined` unless that is shorter than `worthBytes`. */
export async function compressRecord(
  record: Buffer,
  compression: Compression,
  worthBytes: number,
): Promise<Buffer | undefined> {
  const compressed = await CODECS[compression]?.compress(record)
  return compressed !== undefined && compressed.length < worthBytes ? compressed : undefined
}

/** Whether this Node can expand what was compressed so. */
export function canExpand(compression: Compression): boolean {
  return CODECS[compression] !== undefined
}

/** What was compressed; `undefined` for bytes that were not, and for more than `mostBytes`, of which no more is ever made. */
export async function expandRecord(
  compressed: Buffer,
  compression: Compression,
  mostBytes: number,
): Promise<Buffer | undefined> {
  try {
    return await CODECS[compression]?.expand(compressed, mostBytes)
  } catch {
    return undefined
  }
}

function atMost(bytes: number): { maxOutputLength: number; chunkSize: number } {
  return { maxOutputLength: bytes, ...inPieces(bytes) }
}

/** One byte more than will come, so that zlib sees the end without asking for another piece. */
function inPieces(bytes: number): { chunkSize: number } {
  return { chunkSize: Math.min(Math.max(bytes + 1, zlib.constants.Z_MIN_CHUNK), MOST_PIECE_BYTES) }
}

function brotliParams(bytes: number): Record<number, number> {
  return {
    [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes,
  }
}

function zstdCodec({ zstdCompress, zstdDecompress }: WithZstd): Codec | undefined {
  if (zstdCompress === undefined || zstdDecompress === undefined) return undefined
  const compress = promisify(zstdCompress)
  const expand = promisify(zstdDecompress)
  return {
    compress: (bytes) => compress(bytes, inPieces(bytes.length)),
    expand: (bytes, mostBytes) => expand(bytes, atMost(mostBytes)),
  }
}
