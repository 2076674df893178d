// Turns a page into one that shows nothing of itself, and back.
import { randomFillSync } from 'node:crypto'
import type { CapturedPage, UnixMs } from '../cache-provider.js'
import { FacsimileError } from '../errors.js'
import { decodePageRecord, encodePageRecord } from '../page-record.js'
import type { PageToken } from '../page-token.js'
import type { Unreadable } from '../words.js'
import { decrypt, encrypt } from './aes-gcm.js'
import type { KeyRing } from './encryption-keys.js'
import { boundTo, nonceOf, readEnvelope, writeEnvelopeHead, type Envelope } from './envelope.js'
import { canExpand, compressRecord, expandRecord, type Compression } from './page-compression.js'
import { createWorkLane } from './work-lane.js'

/** A smaller body gains less than it costs. */
const LEAST_COMPRESSED_BYTES = 1024
const MOST_BODY_BYTES = 1024 ** 3
/** As many as Node's thread pool has threads. */
const ZLIB_PLACES = 4

/** What the store is told of every page. */
const NEUTRAL_FIELDS = { url: '/', method: 'GET', status: 200, contentType: 'application/octet-stream' } as const

/**
 * Why a stored page cannot be read. `unknown-key`: sealed with a key that is not in the list. `damaged`: changed, cut
 * short, or moved to another token or deadline. `not-ours`: stored without this protection, or by a newer version or Node.
 */
export type UnreadableReason = Unreadable

export interface PagePacking {
  /** The page as the store shall keep it. Rejects with the signal's reason, or with `PAGE_TOO_LARGE` above 1 GiB. */
  pack(token: PageToken, page: CapturedPage, signal?: AbortSignal): Promise<CapturedPage>
  /** The page that was packed under this very token, or why there is none. */
  unpack(token: PageToken, packed: CapturedPage, signal?: AbortSignal): Promise<CapturedPage | UnreadableReason>
}

/** With `keys` everything is sealed, and nothing that is not sealed is ever unpacked. */
export function createPagePacking(keys: KeyRing | undefined, compression: Compression | false): PagePacking {
  // A page that is fetched does not wait behind pages that are stored.
  const compressing = createWorkLane(ZLIB_PLACES)
  const expanding = createWorkLane(ZLIB_PLACES)

  async function shrink(record: Buffer, bodyBytes: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (compression === false || bodyBytes < LEAST_COMPRESSED_BYTES) return undefined
    return compressing.run(() => compressRecord(record, compression, bodyBytes), signal)
  }

  async function seal(head: Buffer, content: Buffer, token: PageToken, expiresAt: UnixMs, signal?: AbortSignal) {
    if (keys === undefined) return [content]
    const nonce = randomFillSync(nonceOf(head))
    const bound = boundTo(head, token, expiresAt)
    return encrypt(content, { secret: keys.current.secret, nonce, bound }, signal)
  }

  async function pack(token: PageToken, page: CapturedPage, signal?: AbortSignal): Promise<CapturedPage> {
    const { body, capturedAt, expiresAt } = page
    if (body.length > MOST_BODY_BYTES) throw tooLarge(body.length)
    const record = encodePageRecord(page)
    const shrunk = await shrink(record, body.length, signal)
    const head = writeEnvelopeHead({
      compression: shrunk === undefined ? false : compression,
      recordBytes: record.length,
      keyId: keys?.current.id,
    })
    const pieces = await seal(head, shrunk ?? record, token, expiresAt, signal)
    return { ...NEUTRAL_FIELDS, capturedAt, expiresAt, body: Buffer.concat([head, ...pieces]) }
  }

  /** The content as it was before encryption. */
  async function unseal(
    { head, keyId, content }: Envelope,
    token: PageToken,
    expiresAt: UnixMs,
    signal?: AbortSignal,
  ): Promise<Buffer | UnreadableReason> {
    if (keyId === undefined) return keys === undefined ? content : 'not-ours'
    const secret = keys?.find(keyId)
    if (secret === undefined) return 'unknown-key'
    const bound = boundTo(head, token, expiresAt)
    return (await decrypt(content, { secret, nonce: nonceOf(head), bound }, signal)) ?? 'damaged'
  }

  async function unpack(token: PageToken, packed: CapturedPage, signal?: AbortSignal) {
    const envelope = readEnvelope(packed.body)
    if (typeof envelope === 'string') return envelope
    const content = await unseal(envelope, token, packed.expiresAt, signal)
    if (typeof content === 'string') return content
    const { compression: used, recordBytes } = envelope
    if (used !== false && !canExpand(used)) return 'not-ours'
    const record =
      used === false ? content : await expanding.run(() => expandRecord(content, used, recordBytes), signal)
    const page = record?.length === recordBytes ? decodePageRecord(record) : undefined
    return page?.expiresAt === packed.expiresAt ? page : 'damaged'
  }

  return { pack, unpack }
}

function tooLarge(bytes: number): FacsimileError {
  return new FacsimileError(
    'PAGE_TOO_LARGE',
    `a page of ${bytes} bytes cannot be protected at rest, which takes up to ${MOST_BODY_BYTES}; lower maxPageBytes`,
  )
}
