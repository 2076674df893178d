// Page tokens: the secret that a page carries and that the crawler shows to fetch the stored copy.
import { randomFillSync } from 'node:crypto'

declare const pageTokenBrand: unique symbol

/** 32 characters of base64url, 192 random bits. Only `createPageToken` and `parsePageToken` make one. */
export type PageToken = string & { readonly [pageTokenBrand]: true }

const TOKEN_BYTES = 24
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{32}$/

/** The system is asked once for the random bytes of so many tokens, which costs a page a tenth of asking for one. */
const TOKENS_PER_BATCH = 256
const TOKEN_CHARS = 32

const bytes = Buffer.alloc(TOKEN_BYTES * TOKENS_PER_BATCH)
/** The tokens to come, one after the other: 24 bytes make 32 characters, with nothing over. */
let batch = ''
let used = 0

/** A new token from the system's random source. */
export function createPageToken(): PageToken {
  if (used === batch.length) {
    batch = randomFillSync(bytes).toString('base64url')
    bytes.fill(0)
    used = 0
  }
  const token = batch.slice(used, used + TOKEN_CHARS) as PageToken
  used += TOKEN_CHARS
  return token
}

/** The token in `value`, or `undefined` for anything that is not exactly one well-formed token. */
export function parsePageToken(value: unknown): PageToken | undefined {
  return typeof value === 'string' && TOKEN_PATTERN.test(value) ? (value as PageToken) : undefined
}

/** What a log may show of a token: its last four characters. */
export function maskPageToken(token: PageToken): string {
  return `…${token.slice(-4)}`
}
