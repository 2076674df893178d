// Addresses from text: one reading, one canonical form.
import { isIP } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '@facsimile/core'

function canonical(text: string): string | undefined {
  return parseIpAddress(text)?.toString()
}

/** What the URL standard makes of an IPv6 address: an implementation of RFC 5952 that is not ours. */
function serializeByUrl(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1)
}

describe('R7: IPv4 is exactly four decimal numbers without leading zeros', () => {
  const refused = [
    '010.0.0.1',
    '203.000.113.009',
    '0x7f.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '127.1',
    '127.0.1',
    '1.2.3',
    '0',
    '1.2.3.4.5',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '256.1.1.1',
    '1.2.3.+4',
    '1.2.3.-4',
    '1.2.3.4e0',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.4%eth0',
    '1.2.3.4/32',
    '１.2.3.4',
    '٣.2.3.4',
    '',
  ]
  for (const text of refused) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseIpAddress(text)).toBeUndefined()
    })
  }

  test('every address is its own canonical form', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(canonical(text)).toBe(text)
      }),
      { seed: 791, numRuns: 500 },
    )
  })
})

describe('R8: IPv4-mapped is IPv4, and only that', () => {
  test('in any spelling', () => {
    for (const text of [
      '::ffff:203.0.113.9',
      '::FFFF:203.0.113.9',
      '::ffff:cb00:7109',
      '0:0:0:0:0:ffff:203.0.113.9',
      '0000:0000:0000:0000:0000:ffff:cb00:7109',
      '0::0:ffff:cb00:7109',
      '::0:ffff:203.0.113.9',
    ]) {
      expect(canonical(text)).toBe('203.0.113.9')
    }
  })

  test('not IPv4-compatible, IPv4-translated, NAT64 or 6to4', () => {
    expect(canonical('::203.0.113.9')).toBe('::cb00:7109')
    expect(canonical('::ffff:0:203.0.113.9')).toBe('::ffff:0:cb00:7109')
    expect(canonical('64:ff9b::203.0.113.9')).toBe('64:ff9b::cb00:7109')
    expect(canonical('2002:cb00:7109::1')).toBe('2002:cb00:7109::1')
    expect(canonical('1::ffff:203.0.113.9')).toBe('1::ffff:cb00:7109')
  })

  test('with strict octets inside', () => {
    for (const text of [
      '::ffff:203.0.113.09',
      '::ffff:0xcb.0.113.9',
      '::ffff:203.0.28937',
      '::ffff:203.0.113.9%eth0',
    ]) {
      expect(parseIpAddress(text)).toBeUndefined()
    }
  })
})

describe('R17: the canonical form of IPv6 is that of RFC 5952', () => {
  const examples: readonly [text: string, canonicalText: string][] = [
    ['2001:DB8:0:0:0:0:0:9', '2001:db8::9'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
  ]
  for (const [text, canonicalText] of examples) {
    test(`${text} is ${canonicalText}`, () => {
      expect(canonical(text)).toBe(canonicalText)
    })
  }

  test('refuses what is no address', () => {
    for (const text of [
      '1::2::3',
      ':::',
      '12345::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::g',
      '[::1]',
      'fe80::1%',
      ':1',
    ]) {
      expect(parseIpAddress(text)).toBeUndefined()
    }
  })

  test('and agrees with the URL standard on addresses rich in zeros, however they are spelled', () => {
    const anyGroup = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) })
    const anyAddress = fc.oneof(
      fc.ipV6(),
      fc.tuple(fc.array(anyGroup, { minLength: 8, maxLength: 8 }), fc.boolean()).map(([groups, isPadded]) =>
        groups
          .map((group) =>
            group
              .toString(16)
              .padStart(isPadded ? 4 : 1, '0')
              .toUpperCase(),
          )
          .join(':'),
      ),
    )
    fc.assert(
      fc.property(anyAddress, (text) => {
        const address = parseIpAddress(text)
        const byUrl = serializeByUrl(text)
        if (address?.kind() === 'ipv4') expect(byUrl).toBe(serializeByUrl(`::ffff:${address.toString()}`))
        else expect(address?.toString()).toBe(byUrl)
      }),
      { seed: 5_952, numRuns: 2_000 },
    )
  })

  test('never more than 45 characters, never anything but an address', () => {
    const pieces = ['::', ':', '.', '0', 'ffff', '203', '1', '%', 'e', 'x', '255', '10.0.0.1', ' ', '[', ']', '/']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 20 }), (parts) => {
        const text = canonical(parts.join(''))
        if (text === undefined) return
        expect(isIP(text)).not.toBe(0)
        expect(text.length).toBeLessThanOrEqual(45)
        expect(canonical(text)).toBe(text)
      }),
      { seed: 45, numRuns: 10_000 },
    )
  })
})
