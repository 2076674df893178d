// The keys that pages are sealed with: read from the settings, and found by the id that a sealed page carries.
import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import { FacsimileError } from '../errors.js'

/** 32 random bytes: as they are, or as base64, base64url (both with or without `=`) or 64 hex digits. */
export type EncryptionKey = string | Uint8Array

export const KEY_ID_BYTES = 8

const KEY_BYTES = 32
const HEX = /^[0-9a-f]{64}$/i
/** 43 characters of which the last one stands for four bits, as 32 bytes have it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{42}|[A-Za-z0-9_-]{42})[AEIMQUYcgkosw048]=?$/
const KEY_ID_LABEL = 'facsimile at-rest key id 1\0'
const REMEDY =
  'write 32 random bytes as base64, base64url or 64 hex digits, without spaces and line breaks, such as `openssl rand -base64 32` prints'

interface SealingKey {
  /** The first bytes of SHA-256 of a label and the key: says which key it is, and nothing else of it. */
  readonly id: Buffer
  readonly secret: KeyObject
}

export interface KeyRing {
  /** New pages are sealed with this one. */
  readonly current: SealingKey
  /** The secret of the current or a previous key. */
  find(id: Buffer): KeyObject | undefined
}

/**
 * The keys in `encryptionKeys`, the current one first. They are copied, and no error and no `util.inspect` shows one.
 * Throws `SETTINGS_INVALID` with the position of the key that cannot be used.
 */
export function readKeyRing(encryptionKeys: unknown): KeyRing {
  if (!Array.isArray(encryptionKeys)) {
    throw invalid('encryptionKeys is no list; write [currentKey], or [currentKey, previousKey] while you change keys')
  }
  const keys = encryptionKeys.map((key: unknown, position) => readKey(key, `encryptionKeys[${position}]`))
  const [current] = keys
  if (current === undefined)
    throw invalid(`encryptionKeys is empty; leave it out to store without encryption, or ${REMEDY}`)
  const secrets = new Map(keys.map(({ id, secret }) => [id.toString('hex'), secret]))
  return { current, find: (id) => secrets.get(id.toString('hex')) }
}

function readKey(key: unknown, name: string): SealingKey {
  const bytes = bytesOf(key, name)
  const digest = createHash('sha256').update(KEY_ID_LABEL).update(bytes).digest()
  return { id: digest.subarray(0, KEY_ID_BYTES), secret: createSecretKey(bytes) }
}

/** Nothing of a key is ever said but its length: what was meant for a key may be nearly one. */
function bytesOf(key: unknown, name: string): Uint8Array {
  if (typeof key === 'string') {
    if (HEX.test(key)) return Buffer.from(key, 'hex')
    if (BASE64.test(key)) return Buffer.from(key, 'base64')
    throw invalid(`${name} is a text of ${key.length} characters that is no key; ${REMEDY}`)
  }
  if (!isUint8Array(key)) throw invalid(`${name} is ${key === undefined ? 'missing' : 'no key'}; ${REMEDY}`)
  if (key.length === KEY_BYTES) return key
  throw invalid(`${name} has ${key.length} bytes; give exactly ${KEY_BYTES}, such as crypto.randomBytes(${KEY_BYTES})`)
}

function invalid(message: string): FacsimileError {
  return new FacsimileError('SETTINGS_INVALID', message)
}
