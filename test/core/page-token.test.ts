// Page tokens: random, of one form, and nothing else is one.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPageToken, maskPageToken, parsePageToken } from '@facsimile/core'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const TOKENS = 100_000
/**
 * With 63 degrees of freedom, chi-squared exceeds 180 by chance about once in 10^12 times (Wilson and Hilferty); in any
 * of the 32 places at once less than once in 10^10.
 */
const CHI_SQUARED_LIMIT = 180

const tokens = Array.from({ length: TOKENS }, createPageToken)

test('no token comes twice in 100 000, and each has 32 characters of base64url', () => {
  expect(new Set(tokens).size).toBe(TOKENS)
  for (const token of tokens) if (!/^[A-Za-z0-9_-]{32}$/.test(token)) throw new Error(`not a token: ${token}`)
})

test('in every place every character is equally likely', () => {
  const expected = TOKENS / ALPHABET.length
  for (let place = 0; place < 32; place++) {
    const counts = new Map(Array.from(ALPHABET, (character) => [character, 0]))
    for (const token of tokens) counts.set(token.charAt(place), (counts.get(token.charAt(place)) ?? 0) + 1)
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(counts.size).toBe(64)
    expect(chiSquared).toBeLessThan(CHI_SQUARED_LIMIT)
  }
})

test('a token is parsed as itself', () => {
  for (const token of tokens.slice(0, 1000)) expect(parsePageToken(token)).toBe(token)
})

test.each<[value: unknown]>([
  [undefined],
  [null],
  [0],
  [{}],
  [''],
  ['A'.repeat(31)],
  ['A'.repeat(33)],
  [`${'A'.repeat(32)}\n`],
  [`${'A'.repeat(31)}\n`],
  [`${'A'.repeat(31)}=`],
  [`${'A'.repeat(31)}.`],
  [`${'A'.repeat(31)}/`],
  [`${'A'.repeat(31)}+`],
  [`${'A'.repeat(31)}é`],
  [`${'A'.repeat(31)}\0`],
  [` ${'A'.repeat(31)}`],
  [['A'.repeat(32)]],
  [Buffer.from('A'.repeat(32))],
  [Object('A'.repeat(32))],
  [{ toString: () => 'A'.repeat(32) }],
])('%j is none', (value) => {
  expect(parsePageToken(value)).toBeUndefined()
})

test('neither is any other text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 28, maxLength: 36 }), (text) => {
      const isOne = text.length === 32 && Array.from(text).every((character) => ALPHABET.includes(character))
      expect(parsePageToken(text) !== undefined).toBe(isOne)
    }),
  )
})

test('a log shows its last four characters', () => {
  const token = createPageToken()
  expect(maskPageToken(token)).toBe(`…${token.slice(28)}`)
})
