// Page tokens: the secret that a page carries and that the crawler shows to fetch the stored copy.
import { randomBytes } from 'node:crypto'

declare const pageTokenBrand: unique symbol

/** 32 characters of base64url, 192 random bits. Only `createPageToken` and `parsePageToken` make one. */
export type PageToken = string & { readonly [pageTokenBrand]: true }

const TOKEN_BYTES = 24
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{32}$/

/** A new token from the system's random source. */
export function createPageToken(): PageToken {
  return randomBytes(TOKEN_BYTES).toString('base64url') as PageToken
}

/** The token in `value`, or `undefined` for anything that is not exactly one well-formed token. */
export function parsePageToken(value: unknown): PageToken | undefined {
  return typeof value === 'string' && TOKEN_PATTERN.test(value) ? (value as PageToken) : undefined
}

/** What a log may show of a token: its last four characters. */
export function maskPageToken(token: PageToken): string {
  return `…${token.slice(-4)}`
}
