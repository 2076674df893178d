// Pages in every content coding, and every way in which a handler may send them.
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'

interface TestCoding {
  readonly header: string
  readonly encode: (bytes: Buffer) => Buffer
  readonly decode: (bytes: Buffer) => Buffer
}

type OneShot = (bytes: Buffer) => Buffer
const { zstdCompressSync, zstdDecompressSync } = zlib as typeof zlib & Record<string, OneShot | undefined>

export const GZIP = {
  header: 'gzip',
  encode: (bytes) => zlib.gzipSync(bytes, { level: 1 }),
  decode: zlib.gunzipSync,
} satisfies TestCoding
const BROTLI = {
  header: 'br',
  encode: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  decode: zlib.brotliDecompressSync,
} satisfies TestCoding

export const CODINGS: Readonly<Record<string, TestCoding>> = {
  gzip: GZIP,
  'x-gzip': { ...GZIP, header: 'X-GZip' },
  'gzip in two members': { ...GZIP, encode: inTwoMembers },
  deflate: { header: 'deflate', encode: zlib.deflateSync, decode: zlib.inflateSync },
  'raw deflate': { header: 'deflate', encode: zlib.deflateRawSync, decode: zlib.inflateRawSync },
  br: BROTLI,
  'gzip, br': stacked(', identity, ', GZIP, BROTLI),
  'deflate, gzip, br': stacked(
    ',',
    { header: 'deflate', encode: zlib.deflateRawSync, decode: zlib.inflateRawSync },
    GZIP,
    BROTLI,
  ),
  ...(zstdCompressSync && zstdDecompressSync
    ? { zstd: { header: 'zstd', encode: zstdCompressSync, decode: zstdDecompressSync } }
    : {}),
}

function inTwoMembers(bytes: Buffer): Buffer {
  const half = bytes.length >> 1
  return Buffer.concat([zlib.gzipSync(bytes.subarray(0, half)), zlib.gzipSync(bytes.subarray(half))])
}

function stacked(separator: string, ...codings: readonly TestCoding[]): TestCoding {
  return {
    header: codings.map(({ header }) => header).join(separator),
    encode: (bytes) => codings.reduce((coded, { encode }) => encode(coded), bytes),
    decode: (bytes) => codings.reduceRight((coded, { decode }) => decode(coded), bytes),
  }
}

export type Send = (res: ServerResponse, body: Buffer) => unknown

export const WAYS: Readonly<Record<string, Send>> = {
  whole: (res, body) => res.end(body),
  'with its length': (res, body) => res.setHeader('Content-Length', body.length).end(body),
  'after writeHead()': (res, body) => res.writeHead(200, { 'Content-Length': body.length }).end(body),
  'in two halves': (res, body) => {
    res.write(body.subarray(0, body.length >> 1))
    res.end(body.subarray(body.length >> 1))
  },
  'after nothing': (res, body) => (res.write(Buffer.alloc(0)), res.end(body)),
  'byte by byte': (res, body) => {
    for (let at = 0; at < body.length; at++) res.write(body.subarray(at, at + 1))
    res.end()
  },
  'in hex': (res, body) => {
    res.write(body.toString('hex'), 'hex')
    res.end()
  },
  'through pipe()': (res, body) => Readable.from(inPieces(body, 997)).pipe(res),
}

export function inPieces(bytes: Buffer, length: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length))
  return pieces
}

/** A page of about `bytes` that compresses to about half of that. */
export function longPage(bytes: number): string {
  let seed = 1
  const random = () => (seed = (seed * 48271) % 2147483647).toString(36)
  let text = ''
  while (text.length < bytes) text += `<p>${random()} ${random()} tea and ${random()}</p>\n`
  return `<!doctype html><html><head><title>Shop</title></head><body>${text}</body></html>`
}
