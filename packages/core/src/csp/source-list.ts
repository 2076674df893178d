// What a source list says of nonces, hashes and inline code. Source: CSP Level 3, 2.3.1 and 6.7.3.
import { createHash } from 'node:crypto'

type SourceList = readonly string[]

const NONCE_SOURCE = /^'nonce-([a-z0-9+/_-]+={0,2})'$/i
const HASH_SOURCE = /^'(sha256|sha384|sha512)-([a-z0-9+/_-]+={0,2})'$/i
const INTEGRITY_HASH = /^(sha256|sha384|sha512)-([a-z0-9+/_-]+={0,2})(?:\?|$)/i

/** Keywords are compared without regard to case. */
export function hasKeyword(sources: SourceList, keyword: string): boolean {
  return sources.some((source) => source.toLowerCase() === keyword)
}

/** Whether `'unsafe-inline'` is there and counts: beside a nonce, a hash or (for scripts) `'strict-dynamic'` it does not. */
export function allowsAllInline(sources: SourceList, isScript: boolean): boolean {
  if (sources.some((source) => NONCE_SOURCE.test(source) || HASH_SOURCE.test(source))) return false
  if (isScript && hasKeyword(sources, "'strict-dynamic'")) return false
  return hasKeyword(sources, "'unsafe-inline'")
}

export function noncesIn(sources: SourceList): readonly string[] {
  return sources.flatMap((source) => NONCE_SOURCE.exec(source)?.[1] ?? [])
}

/** Whether a hash in the list is that of `text`, as it stands between the tags. */
export function allowsText(sources: SourceList, text: Buffer): boolean {
  return sources.some((source) => {
    const [, algorithm, digest] = HASH_SOURCE.exec(source) ?? []
    return algorithm !== undefined && digest !== undefined && toBase64(digest) === digestOf(text, algorithm)
  })
}

/** Whether the list has every hash of an `integrity` attribute (6.7.2.4); one that names none is never allowed by it. */
export function allowsIntegrity(sources: SourceList, integrity: string): boolean {
  const listed = new Set(sources.flatMap(normalHash))
  const wanted = integritySources(integrity)
  return wanted.length > 0 && wanted.every((source) => normalHash(source).some((hash) => listed.has(hash)))
}

/** The hashes of an `integrity` attribute as sources that allow it. */
export function integritySources(integrity: string): readonly string[] {
  return integrity.split(/[\t\n\f\r ]+/).flatMap((word) => {
    const [, algorithm, digest] = INTEGRITY_HASH.exec(word) ?? []
    return algorithm === undefined || digest === undefined ? [] : [`'${algorithm.toLowerCase()}-${digest}'`]
  })
}

/** The source that allows an inline script or style with this text. */
export function hashSource(text: Buffer): string {
  return `'sha256-${digestOf(text, 'sha256')}'`
}

function normalHash(source: string): readonly string[] {
  const [, algorithm, digest] = HASH_SOURCE.exec(source) ?? []
  return algorithm === undefined || digest === undefined ? [] : [`${algorithm.toLowerCase()}-${digest}`]
}

function digestOf(text: Buffer, algorithm: string): string {
  return createHash(algorithm.toLowerCase()).update(text).digest('base64')
}

function toBase64(digest: string): string {
  return digest.replaceAll('-', '+').replaceAll('_', '/')
}
