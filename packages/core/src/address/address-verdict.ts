// What the address guard answers.
import type { Refusal } from '../words.js'

export type AddressReason = 'allowed' | Refusal

export type AddressVerdict = {
  /** In canonical form, 45 characters at most, safe to log; absent when nobody can tell who the client is. */
  readonly clientAddress?: string
} & ({ readonly allowed: true; readonly reason: 'allowed' } | { readonly allowed: false; readonly reason: Refusal })
