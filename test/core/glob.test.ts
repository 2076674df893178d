// Path patterns: what they match, and that no path makes them slow.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileGlobs } from '@facsimile/core'

test.each<[pattern: string, matching: string[], others: string[]]>([
  ['/', ['/'], ['/a', '/a/']],
  ['/a', ['/a', '/a/', '/A'], ['/', '/ab', '/a/b', '/b/a']],
  ['/a/', ['/a', '/a/'], ['/a/b']],
  ['/*', ['/', '/a', '/a/', '/a.html'], ['/a/b']],
  ['/a/*', ['/a/b', '/a/b/'], ['/a', '/a/b/c']],
  ['/a/*/c', ['/a/b/c', '/a//c'], ['/a/b/b/c', '/a/c']],
  ['/a*', ['/a', '/abc'], ['/a/b', '/b']],
  ['/*.html', ['/a.html', '/.html'], ['/a/b.html', '/a.htm']],
  ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/ab', '/b/a/c']],
  ['/**', ['/', '/a', '/a/b'], []],
  ['**', ['/', '/a', '/a/b', ''], []],
  ['**/print', ['/print', '/a/b/print', '/print/'], ['/a/printer', '/print/x', '/xprint']],
  ['/a/**/z', ['/a/b/z', '/a/b/c/z', '/a//z'], ['/a/z', '/a/b/zz']],
  ['/**/edit/*', ['/x/edit/1', '/x/y/edit/1', '/edit/edit/1'], ['/edit', '/x/edit/1/2']],
  ['/x.y+(z)[1]^$', ['/x.y+(z)[1]^$'], ['/xay+(z)[1]^$']],
  ['/über/**', ['/%C3%BCber', '/%c3%bcber/x'], ['/uber', '/über']],
  ['/a%20b', ['/a%20b', '/A%20B'], ['/a b']],
])('%j', (pattern, matching, others) => {
  const matches = compileGlobs([pattern])
  expect(matching.filter((path) => !matches(path))).toEqual([])
  expect(others.filter((path) => matches(path))).toEqual([])
})

test('one pattern of a list is enough, and an empty list matches nothing', () => {
  const matches = compileGlobs(['/a', '/b/**'])
  expect(['/a', '/b/c', '/c'].map(matches)).toEqual([true, true, false])
  expect(compileGlobs([])('/')).toBe(false)
})

describe('against a slow matcher that tries every way', () => {
  test('both always agree', () => {
    const piece = fc.constantFrom('a', 'b', '/', '*', '**', '.')
    const patterns = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
    const paths = fc
      .array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 })
      .map((pieces) => `/${pieces.join('')}`)
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => {
        expect(compileGlobs([pattern])(path)).toBe(matchesSlowly(pattern, path))
      }),
      { numRuns: 5_000 },
    )
  })
})

test.each([
  '**a*aaaaaaab',
  '/**.*.*.*.*x',
  '/**/a*/**/a*/**/b',
  '*'.repeat(200),
  `/${'**/'.repeat(60)}x`,
  `/${'a*'.repeat(60)}x`,
])('a path made to be slow is answered by a number of steps that grows with its length only: %s', (pattern) => {
  const matches = compileGlobs([pattern])
  for (const path of ['a', '.', '/a', 'a/'].map((piece) => `/${piece.repeat(8_000)}`)) {
    // A matcher that goes back would be here until the test's deadline.
    expect(typeof matches(path)).toBe('boolean')
  }
})

/** The definition, word for word. */
function matchesSlowly(pattern: string, path: string): boolean {
  const trim = (text: string) => (text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text)
  const candidate = trim(path)
  const wanted = trim(pattern)
  const isWhole = (rest: string, at: string): boolean => {
    if (rest === '') return at === ''
    if (rest.startsWith('**')) return isWhole(rest.slice(2), at) || (at !== '' && isWhole(rest, at.slice(1)))
    if (rest.startsWith('*')) {
      return isWhole(rest.slice(1), at) || (at !== '' && !at.startsWith('/') && isWhole(rest, at.slice(1)))
    }
    return at.startsWith(rest.slice(0, 1)) && isWhole(rest.slice(1), at.slice(1))
  }
  return isWhole(wanted, candidate) || (wanted.endsWith('/**') && isWhole(wanted.slice(0, -3), candidate))
}
