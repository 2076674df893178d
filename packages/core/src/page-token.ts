// Page tokens: the secret that a page carries and that the crawler shows to fetch the stored copy.
import { randomFillSync } from 'node:crypto'

declare const pageTokenBrand: unique symbol

/** 32 characters of base64url, 192 random bits. Only `createPageToken` and `parsePageToken` make one. */
export type PageToken = string & { readonly [pageTokenBrand]: true }

const TOKEN_BYTES = 24
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{32}$/

/** Random bytes for tokens to come: the system is asked once for many, which costs a page a tenth of asking for one. */
const pool = Buffer.alloc(TOKEN_BYTES * 256)
let used = pool.length

/** A new token from the system's random source. */
export function createPageToken(): PageToken {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const token = pool.toString('base64url', used, used + TOKEN_BYTES) as PageToken
  // What a token was made of is kept nowhere.
  pool.fill(0, used, used + TOKEN_BYTES)
  used += TOKEN_BYTES
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
