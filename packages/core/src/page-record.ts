// One stored page as one value of bytes: a head that describes it, then the body exactly as it is.
import { crc32 } from 'node:zlib'
import type { CapturedPage } from './cache-provider.js'

// Offset  Bytes  Meaning
//      0      4  "FCS1": our mark and the version of the format
//      4      4  CRC-32 of everything that follows
//      8      4  length of the metadata
//     12      -  metadata: JSON in UTF-8, every field but the body, and the body's length
//      -      -  the body
// Numbers are unsigned and big-endian. The body is never wrapped in JSON: it is bytes, in whatever charset.
const MARK = Buffer.from('FCS1', 'latin1')
const CHECKSUM_AT = 4
const META_LENGTH_AT = 8
const META_AT = 12

type PageMeta = Omit<CapturedPage, 'body'> & { readonly bodyLength: number }

/** Everything of a record that stands before the body, for a caller that can write two buffers without joining them. */
export function encodePageRecordHead(page: CapturedPage): Buffer {
  const { url, method, status, contentType, capturedAt, expiresAt, body } = page
  const fields: PageMeta = { url, method, status, contentType, capturedAt, expiresAt, bodyLength: body.length }
  const meta = Buffer.from(JSON.stringify(fields), 'utf8')
  const head = Buffer.alloc(META_AT + meta.length)
  MARK.copy(head)
  head.writeUInt32BE(meta.length, META_LENGTH_AT)
  meta.copy(head, META_AT)
  head.writeUInt32BE(crc32(body, crc32(head.subarray(META_LENGTH_AT))), CHECKSUM_AT)
  return head
}

/** The whole record of `page`, in one new buffer. */
export function encodePageRecord(page: CapturedPage): Buffer {
  return Buffer.concat([encodePageRecordHead(page), page.body])
}

/**
 * The page in `bytes`, its body a view into them; `undefined` for anything that is not exactly one whole record of this
 * version: foreign bytes, a record cut short or followed by others, a record of which any bit has changed.
 */
export function decodePageRecord(bytes: Buffer): CapturedPage | undefined {
  if (bytes.length < META_AT || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined
  if (crc32(bytes.subarray(META_LENGTH_AT)) !== bytes.readUInt32BE(CHECKSUM_AT)) return undefined
  const bodyAt = META_AT + bytes.readUInt32BE(META_LENGTH_AT)
  if (bodyAt > bytes.length) return undefined
  const meta = parseMeta(bytes.toString('utf8', META_AT, bodyAt))
  if (meta?.bodyLength !== bytes.length - bodyAt) return undefined
  const { url, method, status, contentType, capturedAt, expiresAt } = meta
  return { url, method, status, contentType, capturedAt, expiresAt, body: bytes.subarray(bodyAt) }
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
