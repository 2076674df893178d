// The envelope: the one value of bytes that the store keeps of a page, with a head that says how to open it.
import type { UnixMs } from '../cache-provider.js'
import type { PageToken } from '../page-token.js'
import { KEY_ID_BYTES } from './encryption-keys.js'
import type { Compression } from './page-compression.js'

// Offset  Bytes  Meaning
//      0      4  "FCE1": our mark and the version of the format
//      4      1  encryption: 0 none, 1 AES-256-GCM
//      5      1  compression: 0 none, 1 gzip, 2 brotli, 3 zstd
//      6      8  id of the key: the first bytes of SHA-256("facsimile at-rest key id 1\0", key); zero without encryption
//     14     12  nonce: random, new for each envelope; zero without encryption
//     26      4  length of the page record before compression, unsigned and big-endian
//     30      -  the page record (see page-record.ts), compressed, then encrypted
//      -     16  the tag of AES-256-GCM; absent without encryption
// What the tag vouches for beside the record: the 30 bytes of the head, the 32 ASCII characters of the token, and
// expiresAt as a big-endian IEEE 754 double. So an envelope opens under its own token alone, and with its own deadline.
const MARK = Buffer.from('FCE1', 'latin1')
const ENCRYPTION_AT = 4
const COMPRESSION_AT = 5
const KEY_ID_AT = 6
const NONCE_AT = KEY_ID_AT + KEY_ID_BYTES
const NONCE_BYTES = 12
const RECORD_LENGTH_AT = NONCE_AT + NONCE_BYTES
const HEAD_BYTES = 30

const AES_256_GCM = 1
/** The place of each is its number in the head. */
const COMPRESSIONS: readonly (Compression | false)[] = [false, 'gzip', 'brotli', 'zstd']

interface EnvelopeFacts {
  readonly compression: Compression | false
  /** Bytes of the page record before compression. */
  readonly recordBytes: number
  /** Without it the content is not encrypted. */
  readonly keyId: Buffer | undefined
}

export interface Envelope extends EnvelopeFacts {
  readonly head: Buffer
  readonly content: Buffer
}

/** A new head. The nonce in it is still zero: whoever encrypts fills what `nonceOf` gives. */
export function writeEnvelopeHead({ compression, recordBytes, keyId }: EnvelopeFacts): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  MARK.copy(head)
  head[ENCRYPTION_AT] = keyId === undefined ? 0 : AES_256_GCM
  head[COMPRESSION_AT] = COMPRESSIONS.indexOf(compression)
  keyId?.copy(head, KEY_ID_AT)
  head.writeUInt32BE(recordBytes, RECORD_LENGTH_AT)
  return head
}

/** The place of the nonce in a head. */
export function nonceOf(head: Buffer): Buffer {
  return head.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES)
}

/** The envelope in `bytes`, as views into them; a word for what is none. */
export function readEnvelope(bytes: Buffer): Envelope | 'damaged' | 'not-ours' {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return 'not-ours'
  if (bytes.length < HEAD_BYTES) return 'damaged'
  const encryption = bytes[ENCRYPTION_AT] ?? 0
  const compression = COMPRESSIONS[bytes[COMPRESSION_AT] ?? 0]
  if (encryption > AES_256_GCM || compression === undefined) return 'damaged'
  return {
    head: bytes.subarray(0, HEAD_BYTES),
    compression,
    recordBytes: bytes.readUInt32BE(RECORD_LENGTH_AT),
    keyId: encryption === AES_256_GCM ? bytes.subarray(KEY_ID_AT, NONCE_AT) : undefined,
    content: bytes.subarray(HEAD_BYTES),
  }
}

/** What the tag vouches for beside the content. */
export function boundTo(head: Buffer, token: PageToken, expiresAt: UnixMs): Buffer {
  const deadline = Buffer.alloc(8)
  deadline.writeDoubleBE(expiresAt)
  return Buffer.concat([head, Buffer.from(token, 'latin1'), deadline])
}
