// The policies of one page, with the nonces taken out: what is left is the same for every page of a site, so that it is
// judged once.
import { parsePolicies, type Policy } from './policy.js'

export interface PagePolicies {
  /** The value of Content-Security-Policy, each nonce replaced by its number; empty when there is none. */
  readonly enforced: string
  /** The same of Content-Security-Policy-Report-Only, which blocks nothing. */
  readonly reported: string
  /** The nonces by their numbers; by its grammar none needs to be escaped in an attribute. */
  readonly nonces: readonly string[]
}

/** Policies that have been read: their nonces are numbers. */
export interface ReadPolicies {
  readonly nonces: readonly string[]
  readonly enforced: readonly Policy[]
  readonly reported: readonly Policy[]
}

/** A number is a nonce by the same grammar, and takes the place of every one. */
const NONCE_SOURCE = /'nonce-([a-z0-9+/_-]+={0,2})'/gi

export function takeNoncesOut(enforced: string | undefined, reported: string | undefined): PagePolicies {
  const nonces: string[] = []
  const toNumber = (_source: string, nonce: string) => {
    const known = nonces.indexOf(nonce)
    return `'nonce-${known === -1 ? nonces.push(nonce) - 1 : known}'`
  }
  return {
    enforced: enforced?.replace(NONCE_SOURCE, toNumber) ?? '',
    reported: reported?.replace(NONCE_SOURCE, toNumber) ?? '',
    nonces,
  }
}

export function readPolicies({ enforced, reported, nonces }: PagePolicies): ReadPolicies {
  return { enforced: parsePolicies(enforced), reported: parsePolicies(reported), nonces }
}
