// What the address guard answers, and every reason that it gives.

/** Each reason with the sentence that explains it to an operator. */
export const ADDRESS_REASONS = {
  allowed: 'the client address is on the allowlist',
  'not-listed': 'the client address is not on the allowlist',
  'allowlist-empty': 'the allowlist is empty, which admits nobody',
  'peer-not-trusted':
    'the connection does not come from a trusted proxy, so its own address counts as the client, and that is not on the allowlist',
  'no-peer': 'the connection has no remote address: it is closed already, or a Unix socket',
  'peer-invalid': 'the remote address of the connection is not the address of one host',
  'header-missing': 'a trusted proxy sent the request without an address in the header that is to name the client',
  'header-invalid': 'the header that is to name the client holds something else where its address is expected',
} as const

export type AddressReason = keyof typeof ADDRESS_REASONS

export interface AddressVerdict {
  /** In canonical form, 45 characters at most, safe to log; absent when nobody can tell who the client is. */
  readonly clientAddress?: string
  readonly allowed: boolean
  readonly reason: AddressReason
}
