// Lists of addresses and ranges: what an entry may be, what it becomes and what it holds.
import { readFileSync } from 'node:fs'
import { BlockList } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileAddressRanges, FacsimileError, parseIpAddress } from '@facsimile/core'
import { parseAddressRange } from '../../../packages/core/src/address/address-range.js'

interface AddressRangeVectors {
  readonly mustThrowAtStart: readonly string[]
  readonly mustNormaliseTo: readonly (readonly [entry: string, normalForm: string])[]
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/address-ranges.json', import.meta.url), 'utf8'),
) as AddressRangeVectors

function problemOf(entries: unknown): FacsimileError {
  try {
    compileAddressRanges(entries as string[], 'allowedAddresses')
  } catch (error) {
    if (error instanceof FacsimileError) return error
    throw error
  }
  throw new Error(`accepted ${JSON.stringify(entries)}`)
}

function normalFormOf(entry: string): string {
  const outcome = parseAddressRange(entry)
  return 'range' in outcome ? outcome.range.text : outcome.problem
}

function isIn(entries: readonly string[], address: string): boolean {
  const parsed = parseIpAddress(address)
  if (parsed === undefined) throw new Error(`no address: ${address}`)
  return compileAddressRanges(entries, 'allowedAddresses')(parsed)
}

describe('R16: a bad entry throws at the start and is named', () => {
  for (const entry of vectors.mustThrowAtStart) {
    test(`refuses ${JSON.stringify(entry)}`, () => {
      const error = problemOf(['203.0.113.9', entry])
      expect(error.code).toBe('ADDRESS_INVALID')
      expect(error.message).toContain('allowedAddresses[1]')
      expect(error.message).toContain(JSON.stringify(entry))
    })
  }

  const others: readonly [entry: string, why: string][] = [
    [' 10.0.0.1', 'white space'],
    ['10.0.0.1\n', 'a line end'],
    ['010.0.0.1', 'a leading zero'],
    ['127.1', 'two parts'],
    ['10.0.0.0/08', 'a leading zero in the prefix'],
    ['10.0.0.0/+8', 'a sign in the prefix'],
    ['10.0.0.0/8/8', 'two prefixes'],
    ['10.0.0.0/255.0.0.0', 'a mask'],
    ['10.0.0.0/-1', 'a negative prefix'],
    ['10.0.0.1:80', 'a port'],
    ['[2001:db8::1]', 'brackets'],
    ['10.0.0.1-10.0.0.9', 'a span'],
    ['10.0.0.1,10.0.0.2', 'two addresses'],
    ['::ffff:10.0.0.0/129', 'a mapped prefix above 128'],
    ['loopback', 'a word'],
    ['*', 'a wildcard'],
  ]
  for (const [entry, why] of others) {
    test(`refuses ${JSON.stringify(entry)}: ${why}`, () => {
      expect(problemOf([entry]).code).toBe('ADDRESS_INVALID')
    })
  }

  test('says which prefixes are possible', () => {
    expect(problemOf(['10.0.0.0/33']).message).toContain('"/0" to "/32"')
    expect(problemOf(['2001:db8::/129']).message).toContain('"/0" to "/128"')
    expect(problemOf(['::ffff:10.0.0.0/8']).message).toContain('"/96" to "/128"')
  })

  test('says that a zone has to go', () => {
    expect(problemOf(['fe80::1%eth0']).message).toContain('leave it out')
  })

  test('refuses an entry that is no text, a hole and a bigint included', () => {
    for (const entry of [undefined, null, 1, 10n, {}, ['10.0.0.1'], new Array(1)[0]]) {
      expect(problemOf([entry]).code).toBe('ADDRESS_INVALID')
    }
    expect(problemOf(new Array(1)).message).toContain('allowedAddresses[0] is undefined')
  })

  test('refuses what is no list: one text is not a list of its characters', () => {
    for (const entries of ['10.0.0.1', true, 1, null, {}, new Set(['10.0.0.1'])]) {
      const error = problemOf(entries)
      expect(error.code).toBe('SETTINGS_INVALID')
      expect(error.message).toContain('allowedAddresses is')
    }
  })

  test('keeps the message short when the entry is long', () => {
    expect(problemOf(['x'.repeat(1_000_000)]).message.length).toBeLessThan(500)
  })
})

describe('an entry has one normal form', () => {
  for (const [entry, normalForm] of vectors.mustNormaliseTo) {
    test(`${entry} is ${normalForm}`, () => {
      expect(normalFormOf(entry)).toBe(normalForm)
    })
  }

  test('R8: an IPv4-mapped entry in any spelling is IPv4', () => {
    expect(normalFormOf('::ffff:203.0.113.0/120')).toBe('203.0.113.0/24')
    expect(normalFormOf('::FFFF:cb00:7109')).toBe('203.0.113.9/32')
    expect(normalFormOf('0:0:0:0:0:ffff:0:0/96')).toBe('0.0.0.0/0')
    expect(normalFormOf('::203.0.113.9')).toBe('::cb00:7109/128')
  })

  test('which is its own normal form', () => {
    const anyEntry = fc.oneof(
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(fc.ipV6(), fc.integer({ min: 96, max: 128 })).map(([address, bits]) => `${address}/${bits}`),
    )
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const normalForm = normalFormOf(entry)
        expect(normalFormOf(normalForm)).toBe(normalForm)
      }),
      { seed: 9_110, numRuns: 1_000 },
    )
  })
})

describe('a list holds what its ranges hold', () => {
  test('R16: an empty list holds nobody', () => {
    expect(isIn([], '127.0.0.1')).toBe(false)
  })

  test('R9: families never meet', () => {
    expect(isIn(['::/0'], '203.0.113.9')).toBe(false)
    expect(isIn(['::/0'], '::ffff:203.0.113.9')).toBe(false)
    expect(isIn(['0.0.0.0/0'], '2001:db8::9')).toBe(false)
    expect(isIn(['0.0.0.0/0', '::/0'], '2001:db8::9')).toBe(true)
  })

  test('IPv4 as Node’s own BlockList sees it', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), fc.nat(31), (network, bits, flippedBit) => {
        const blocks = new BlockList()
        blocks.addSubnet(network, bits, 'ipv4')
        const neighbour = flipBit(network.split('.').map(Number), 8, flippedBit).join('.')
        for (const address of [network, neighbour]) {
          expect(isIn([`${network}/${bits}`], address)).toBe(blocks.check(address, 'ipv4'))
        }
      }),
      { seed: 791, numRuns: 1_000 },
    )
  })

  test('IPv6 as Node’s own BlockList sees it', () => {
    const anyGroups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(anyGroups, fc.integer({ min: 1, max: 128 }), fc.nat(127), (groups, bits, flippedBit) => {
        const network = groups.map((group) => group.toString(16)).join(':')
        const blocks = new BlockList()
        blocks.addSubnet(network, bits, 'ipv6')
        const flipped = flipBit(groups, 16, flippedBit)
        for (const address of [network, flipped.map((group) => group.toString(16)).join(':')]) {
          expect(isIn([`${network}/${bits}`], address)).toBe(blocks.check(address, 'ipv6'))
        }
      }),
      { seed: 4_291, numRuns: 1_000 },
    )
  })

  test('500 entries of both families, the last one included', () => {
    const entries = Array.from({ length: 250 }, (_, index) => [`198.51.100.${index}`, `2001:db8:${index}::/48`]).flat()
    expect(isIn(entries, '198.51.100.249')).toBe(true)
    expect(isIn(entries, '2001:db8:249::1')).toBe(true)
    expect(isIn(entries, '198.51.100.250')).toBe(false)
  })
})

function flipBit(parts: readonly number[], bitsPerPart: number, bit: number): number[] {
  const at = Math.floor(bit / bitsPerPart)
  return parts.map((part, index) => (index === at ? part ^ (1 << (bit % bitsPerPart)) : part))
}
