// The explanation of a verdict tells the stations that the guard looked at, and never another verdict than the guard's.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { createAddressExplainer, createAddressGuard, type AddressGuardSettings } from '@facsimile/core'
import { createRequest } from './guard-request.js'

const BEHIND_PROXIES = {
  source: 'X-Forwarded-For',
  trustedProxies: ['10.0.0.0/8'],
  allowedAddresses: ['192.0.2.0/24', '198.51.100.7'],
}

test('names each hop from the peer outwards, and the entry that admits', () => {
  const explain = createAddressExplainer(BEHIND_PROXIES)
  expect(explain(createRequest('10.0.0.1', ['X-Forwarded-For', '203.0.113.9, 198.51.100.7, 10.0.0.2']))).toEqual({
    verdict: { clientAddress: '198.51.100.7', allowed: true, reason: 'allowed' },
    source: 'x-forwarded-for',
    peer: '10.0.0.1',
    peerIsTrusted: true,
    lines: ['203.0.113.9, 198.51.100.7, 10.0.0.2'],
    hops: [
      { address: '10.0.0.1', role: 'trusted proxy' },
      { address: '10.0.0.2', role: 'trusted proxy' },
      { address: '198.51.100.7', role: 'client' },
    ],
    admittedBy: '198.51.100.7',
  })
})

test('stops at an entry that cannot be read, and takes the outermost where all are proxies', () => {
  const explain = createAddressExplainer(BEHIND_PROXIES)
  expect(explain(createRequest('10.0.0.1', ['X-Forwarded-For', '192.0.2.1, junk, 10.0.0.2'])).hops).toEqual([
    { address: '10.0.0.1', role: 'trusted proxy' },
    { address: '10.0.0.2', role: 'trusted proxy' },
    { role: 'unreadable' },
  ])
  const all = explain(createRequest('10.0.0.1', ['X-Forwarded-For', '10.0.0.3, 10.0.0.2']))
  expect(all.hops.at(-1)).toEqual({ address: '10.0.0.3', role: 'client' })
  expect(all.verdict.clientAddress).toBe('10.0.0.3')
})

test('does not look at the header of a stranger, but shows it', () => {
  const { hops, lines, verdict } = createAddressExplainer(BEHIND_PROXIES)(
    createRequest('203.0.113.9', ['X-Forwarded-For', '192.0.2.1']),
  )
  expect(hops).toEqual([{ address: '203.0.113.9', role: 'client' }])
  expect(lines).toEqual(['192.0.2.1'])
  expect(verdict.reason).toBe('peer-not-trusted')
  expect(createAddressExplainer({})(createRequest(undefined)).hops).toEqual([])
})

test('gives the verdict of the guard in every known case, with the client as its last hop', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('vectors/client-address.json', import.meta.url), 'utf8'),
  ) as readonly { remoteAddress: string | null; headers: readonly [string, string][]; config: AddressGuardSettings }[]
  for (const { remoteAddress, headers, config } of vectors) {
    const request = createRequest(remoteAddress ?? undefined, ...headers)
    const { verdict, hops } = createAddressExplainer(config)(request)
    expect(verdict).toEqual(createAddressGuard(config)(request))
    if (verdict.clientAddress !== undefined) expect(hops.at(-1)).toMatchObject({ address: verdict.clientAddress })
  }
})
