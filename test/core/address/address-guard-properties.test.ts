// What holds for every header, shown on thousands of generated ones.
import { isIP } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileAddressRanges, createAddressGuard, parseIpAddress } from '@facsimile/core'
import { createRequest, PROXIES, PROXY } from './guard-request.js'

const SOURCES = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const
const EVERYBODY = ['0.0.0.0/0', '::/0']

const PIECES = [
  ...['for=', 'For="', 'by=', 'host="a', 'proto=http', '=', '"', '\\', '\\"', ';', ',', ', ', ' ', '\t', '\xa0', '\0'],
  ...['10.9.9.9', '203.0.113.9', '2001:db8::9', '::ffff:', '[', ']', ':', ':80', ':_x', '%eth0', '/8', '.', '::', '0'],
  ...['unknown', '_hidden', 'unix:', '0x7f.1', '010.0.0.2', '3405803785', '<script>', '\r\n', '\xff', '__proto__'],
]

/** Text as a header value brings it to Node: any characters below 256, and often something like a header. */
const anyHeaderText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join('')),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
)

/** An address that is neither a trusted proxy nor unspecified, in canonical form. */
const anyUntrustedAddress = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map((text) => parseIpAddress(text))
  .filter((address) => address !== undefined)
  .filter((address) => !compileAddressRanges([...PROXIES, '0.0.0.0', '::'], 'test')(address))
  .map((address) => address.toString())

function guardFor(source: string): (...lines: string[]) => string | undefined {
  const guard = createAddressGuard({ source, trustedProxies: PROXIES, allowedAddresses: EVERYBODY })
  return (...lines) => {
    const verdict = guard(createRequest(PROXY, ...lines.map((line) => [source, line] as const)))
    // Where everybody is allowed, allowed means exactly that somebody was found.
    expect(verdict.allowed).toBe(verdict.clientAddress !== undefined)
    return verdict.clientAddress
  }
}

describe('any header at all', () => {
  for (const source of SOURCES) {
    test(`R17: as ${source}, gives nobody or one canonical address of at most 45 characters, and never throws`, () => {
      const readClient = guardFor(source)
      fc.assert(
        fc.property(fc.array(anyHeaderText, { minLength: 1, maxLength: 3 }), (lines) => {
          const client = readClient(...lines)
          if (client === undefined) return
          expect(isIP(client)).not.toBe(0)
          expect(client.length).toBeLessThanOrEqual(45)
          expect(parseIpAddress(client)?.toString()).toBe(client)
        }),
        { seed: 7_239, numRuns: 10_000 },
      )
    })
  }

  test('any peer text at all gives nobody or an address', () => {
    const guard = createAddressGuard({ allowedAddresses: EVERYBODY })
    fc.assert(
      fc.property(anyHeaderText, (peer) => {
        const { clientAddress } = guard(createRequest(peer))
        expect(clientAddress === undefined || isIP(clientAddress) !== 0).toBe(true)
      }),
      { seed: 17, numRuns: 5_000 },
    )
  })
})

describe('R3: what the client writes left of the entry of a trusted proxy', () => {
  for (const source of ['x-forwarded-for', 'x-real-ip']) {
    test(`never changes the client that ${source} names`, () => {
      const readClient = guardFor(source)
      fc.assert(
        fc.property(anyHeaderText, anyUntrustedAddress, (prefix, address) => {
          expect(readClient(`${prefix}, ${address}`)).toBe(address)
          expect(readClient(prefix, address)).toBe(address)
          expect(readClient(`${prefix}, ${address}, 10.9.9.9`)).toBe(address)
        }),
        { seed: 3, numRuns: 3_000 },
      )
    })
  }

  test('never makes Forwarded name anybody else: with an open quote it names nobody', () => {
    const readClient = guardFor('forwarded')
    fc.assert(
      fc.property(anyHeaderText, anyUntrustedAddress, (prefix, address) => {
        const node = address.includes(':') ? `"[${address}]:4711"` : address
        for (const client of [readClient(`${prefix}, for=${node}`), readClient(prefix, `for=${node};proto=https`)]) {
          expect([address, undefined]).toContain(client)
          if (!prefix.includes('"')) expect(client).toBe(address)
        }
      }),
      { seed: 5, numRuns: 3_000 },
    )
  })
})

describe('R7: an address on the allowlist', () => {
  const spellings: Record<string, (octets: readonly [number, number, number, number]) => string> = {
    'in octal': (octets) => octets.map((octet) => `0${octet.toString(8)}`).join('.'),
    'with one octal part': ([a, b, c, d]) => `${a}.${b}.${c}.0${d.toString(8)}`,
    'in hex parts': (octets) => octets.map((octet) => `0x${octet.toString(16)}`).join('.'),
    'as one hex number': (octets) => `0x${Buffer.from(octets).toString('hex')}`,
    'as one decimal number': (octets) => String(Buffer.from(octets).readUInt32BE()),
    'as one octal number': (octets) => `0${Buffer.from(octets).readUInt32BE().toString(8)}`,
    'in two parts': ([a, b, c, d]) => `${a}.${(b << 16) | (c << 8) | d}`,
    'in three parts': ([a, b, c, d]) => `${a}.${b}.${(c << 8) | d}`,
    'padded with zeros': (octets) => octets.map((octet) => String(octet).padStart(4, '0')).join('.'),
    'with an overflowing part': ([a, b, c, d]) => `${a}.${b}.${c}.${d + 256}`,
    'with a fifth part': (octets) => `${octets.join('.')}.0`,
    'with a dot at the end': (octets) => `${octets.join('.')}.`,
    'with a plus sign': ([a, b, c, d]) => `${a}.${b}.${c}.+${d}`,
    'mapped, with a zero too many': ([a, b, c, d]) => `::ffff:${a}.${b}.${c}.0${d}`,
    'IPv4-compatible': (octets) => `::${octets.join('.')}`,
  }
  const anyOctet = fc.nat(255)
  const anyOctets = fc.tuple(fc.integer({ min: 11, max: 255 }), anyOctet, anyOctet, anyOctet)

  for (const [name, spell] of Object.entries(spellings)) {
    test(`is not met ${name}`, () => {
      fc.assert(
        fc.property(anyOctets, (octets) => {
          const address = octets.join('.')
          const guard = createAddressGuard({
            source: 'x-forwarded-for',
            trustedProxies: PROXIES,
            allowedAddresses: [address],
          })
          const twin = spell(octets)
          expect(guard(createRequest(PROXY, ['X-Forwarded-For', address])).allowed).toBe(true)
          expect(guard(createRequest(PROXY, ['X-Forwarded-For', twin])).allowed).toBe(false)
          expect(guard(createRequest(twin)).allowed).toBe(false)
          if (!twin.startsWith('::'))
            expect(() => createAddressGuard({ allowedAddresses: [twin] })).toThrow(/allowedAddresses\[0\]/)
        }),
        { seed: 7, numRuns: 100 },
      )
    })
  }
})

describe('a header far longer than Node admits is answered all the same', () => {
  // Anything but linear time would not end before the test's deadline.
  const LENGTH = 2_000_000
  const long: readonly [what: string, text: string][] = [
    ['commas', ','.repeat(LENGTH)],
    ['spaces inside an entry', `a${' '.repeat(LENGTH)}b`],
    ['one entry of digits', '1'.repeat(LENGTH)],
    ['brackets', '['.repeat(LENGTH)],
    ['colons', ':'.repeat(LENGTH)],
    ['quotes', '"'.repeat(LENGTH)],
    ['backslashes in quotes', `for="${'\\'.repeat(LENGTH)}"`],
    ['pairs', 'for=x;'.repeat(LENGTH / 6)],
    ['one token', `for=${'x'.repeat(LENGTH)}`],
    ['one quoted string', `for="${'x'.repeat(LENGTH)}"`],
    ['an obfuscated port', `for="203.0.113.9:_${'x'.repeat(LENGTH)} "`],
  ]
  for (const source of ['x-forwarded-for', 'forwarded']) {
    for (const [what, text] of long) {
      test(`${source}: ${what}`, () => {
        const readClient = guardFor(source)
        expect(readClient(text)).toBeUndefined()
        const entry = source === 'forwarded' ? 'for=203.0.113.9' : '203.0.113.9'
        expect(readClient(text, entry)).toBe('203.0.113.9')
      })
    }
  }

  test('500 entries on each list and 1,000 trusted hops', () => {
    const proxies = Array.from({ length: 500 }, (_, index) => `10.0.${index >> 8}.${index & 0xff}`)
    const guard = createAddressGuard({
      source: 'x-forwarded-for',
      trustedProxies: proxies,
      allowedAddresses: proxies.map((proxy) => proxy.replace('10.', '203.')),
    })
    const hops = new Array<string>(1_000).fill('10.0.1.243')
    expect(guard(createRequest('10.0.1.243', ['X-Forwarded-For', ['203.0.1.243', ...hops].join(',')]))).toEqual({
      clientAddress: '203.0.1.243',
      allowed: true,
      reason: 'allowed',
    })
  })
})
