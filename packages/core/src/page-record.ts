// One stored page as one value of bytes: a head that describes it, then the body exactly as it is.
import { crc32 } from 'node:zlib'
import type { CapturedPage, PageFacts } from './cache-provider.js'

// Offset  Bytes  Meaning
//      0      4  "FCS1": our mark and the version of the format
//      4      4  CRC-32 of what follows, up to the body
//      8      4  length of the metadata
//     12      -  metadata: JSON in UTF-8, every field but the body, the body's length and perhaps its CRC-32
//      -      -  the body
// Numbers are unsigned and big-endian. The body is never wrapped in JSON: it is bytes, in whatever charset.
const MARK = Buffer.from('FCS1', 'latin1')
const CHECKSUM_AT = 4
const META_LENGTH_AT = 8
const META_AT = 12

interface PageMeta extends PageFacts {
  readonly bodyLength: number
  readonly bodyChecksum?: number
}

export interface PageRecordOptions {
  /**
   * Whether the body has a checksum of its own. A database that has one for all it keeps needs no second one, which
   * would take longer than all else that is done with a page of 200 KB. @default true
   */
  readonly checksBody?: boolean
  /** Gives `bytes` of memory for the record. @default fresh memory */
  readonly allocate?: (bytes: number) => Buffer
}

/** Everything of a record that stands before the body, for a caller that can write two buffers without joining them. */
export function encodePageRecordHead(page: CapturedPage, options?: PageRecordOptions): Buffer {
  const meta = encodeMeta(page, options)
  const head = Buffer.allocUnsafe(META_AT + Buffer.byteLength(meta))
  writeHead(head, meta, head.length)
  return head
}

/** The whole record of `page`, in one buffer. */
export function encodePageRecord(page: CapturedPage, options: PageRecordOptions = {}): Buffer {
  const { allocate = (bytes: number) => Buffer.allocUnsafe(bytes) } = options
  const meta = encodeMeta(page, options)
  const bodyAt = META_AT + Buffer.byteLength(meta)
  const record = allocate(bodyAt + page.body.length)
  writeHead(record, meta, bodyAt)
  record.set(page.body, bodyAt)
  return record
}

function encodeMeta(page: CapturedPage, { checksBody = true }: PageRecordOptions = {}): string {
  const { url, method, status, contentType, capturedAt, expiresAt, body } = page
  const bodyLength = body.length
  const fields: PageMeta = checksBody
    ? { url, method, status, contentType, capturedAt, expiresAt, bodyLength, bodyChecksum: crc32(body) }
    : { url, method, status, contentType, capturedAt, expiresAt, bodyLength }
  return JSON.stringify(fields)
}

function writeHead(record: Buffer, meta: string, bodyAt: number): void {
  record.set(MARK)
  record.writeUInt32BE(bodyAt - META_AT, META_LENGTH_AT)
  record.write(meta, META_AT, 'utf8')
  record.writeUInt32BE(crc32(record.subarray(META_LENGTH_AT, bodyAt)), CHECKSUM_AT)
}

/**
 * The page in `bytes`, its body a view into them; `undefined` for anything that is not exactly one whole record of this
 * version: foreign bytes, a record cut short or followed by others, one of which a bit has changed (in the body: where it
 * has a checksum).
 */
export function decodePageRecord(bytes: Buffer): CapturedPage | undefined {
  if (bytes.length < META_AT || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined
  const bodyAt = META_AT + bytes.readUInt32BE(META_LENGTH_AT)
  if (bodyAt > bytes.length) return undefined
  if (crc32(bytes.subarray(META_LENGTH_AT, bodyAt)) !== bytes.readUInt32BE(CHECKSUM_AT)) return undefined
  const meta = parseMeta(bytes.toString('utf8', META_AT, bodyAt))
  const body = bytes.subarray(bodyAt)
  if (meta?.bodyLength !== body.length) return undefined
  if (meta.bodyChecksum !== undefined && meta.bodyChecksum !== crc32(body)) return undefined
  const { url, method, status, contentType, capturedAt, expiresAt } = meta
  return { url, method, status, contentType, capturedAt, expiresAt, body }
}

function parseMeta(json: string): PageMeta | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isPageMeta(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isPageMeta(value: unknown): value is PageMeta {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<keyof PageMeta, unknown>
  const texts = [fields.url, fields.method, fields.contentType]
  const numbers = [fields.status, fields.capturedAt, fields.expiresAt, fields.bodyLength]
  return texts.every((text) => typeof text === 'string') && numbers.every((number) => typeof number === 'number')
}
