// Every case of vectors/client-address.json: peer, header lines and settings in; client address and decision out.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { createAddressGuard } from '@facsimile/core'
import { createRequest } from './guard-request.js'

interface ClientAddressVector {
  readonly name: string
  readonly remoteAddress: string | null
  readonly headers: readonly (readonly [string, string])[]
  readonly config: { source: string; trustedProxies: string[]; allowedAddresses: string[] }
  readonly expect: { readonly clientAddress: string | null; readonly allowed: boolean }
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/client-address.json', import.meta.url), 'utf8'),
) as ClientAddressVector[]

describe('the address guard decides each vector', () => {
  test('and there are 110 of them, each with its own name', () => {
    expect(vectors).toHaveLength(110)
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(110)
  })

  for (const vector of vectors) {
    test(vector.name, () => {
      const guard = createAddressGuard(vector.config)
      const request = createRequest(vector.remoteAddress ?? undefined, ...vector.headers)
      const first = guard(request)
      expect(first.clientAddress ?? null).toBe(vector.expect.clientAddress)
      expect(first.allowed).toBe(vector.expect.allowed)
      expect(guard(request)).toEqual(first)
    })
  }
})
