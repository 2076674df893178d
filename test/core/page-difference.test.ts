import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { comparePages } from '@facsimile/core'

const compare = (stored: string, visitor: string) => comparePages(Buffer.from(stored), Buffer.from(visitor))

/** The texts of the pieces, and what is left of the visitor's page without them. */
function takeApart(visitor: Buffer, pieces: readonly { offset: number; length: number }[]) {
  const kept: Buffer[] = []
  let at = 0
  for (const { offset, length } of pieces) {
    kept.push(visitor.subarray(at, offset))
    at = offset + length
  }
  kept.push(visitor.subarray(at))
  return {
    rest: Buffer.concat(kept),
    texts: pieces.map(({ offset, length }) => visitor.subarray(offset, offset + length).toString()),
  }
}

function piecesOf(stored: string, visitor: string): readonly string[] {
  const difference = compare(stored, visitor)
  if (difference.kind !== 'insertions') throw new Error(`unexpectedly ${difference.kind}`)
  return takeApart(Buffer.from(visitor), difference.pieces).texts
}

describe('the difference of a stored copy and the page the visitor got', () => {
  test.each([[''], ['<p>x</p>']])('is none for equal pages: %j', (page) => {
    expect(compare(page, page)).toEqual({ kind: 'identical' })
  })

  test.each([
    ['at the start', 'b', '<i>b', ['<i>']],
    ['at the end', 'a</html>\n', 'a</html>\n<script></script>', ['<script></script>']],
    ['into nothing', '', '<i>', ['<i>']],
    ['before a tag that begins like it', '<body></body>', '<body><b>1</b></body>', ['<b>1</b>']],
    [
      'before the same element',
      '<p><script>a</script>',
      '<p><script>X</script><script>a</script>',
      ['<script>X</script>'],
    ],
    ['around one character', '<body>a</body>', '<body><i>b a b</i>a<b>a</b></body>', ['<i>b a b</i>', '<b>a</b>']],
    [
      'that holds what follows it',
      '<head></head><body>x</body>',
      `<head><script>'</head><body>x'</script></head><body>x</body>`,
      [`<script>'</head><body>x'</script>`],
    ],
  ])('finds a piece %s', (_, stored, visitor, pieces) => {
    expect(piecesOf(stored, visitor)).toEqual(pieces)
  })

  test.each([
    ['a changed word', 'say hello now', 'say bye now', 4],
    ['a missing end', 'abcdef', 'abc', 3],
    ['a missing start', 'abcdef', 'def', 0],
    ['another order', 'ab', 'ba', 0],
    ['nothing left', 'x', '', 0],
  ])('says where the pages part for %s', (_, stored, visitor, offset) => {
    expect(compare(stored, visitor)).toEqual({ kind: 'differs', offset })
  })

  test('is quick for pages that repeat one byte', () => {
    const stored = Buffer.concat([Buffer.alloc(1_000_000, 'a'), Buffer.from('b'), Buffer.alloc(1_000_000, 'a')])
    const visitor = Buffer.concat([Buffer.alloc(1_500_000, 'a'), Buffer.from('b'), Buffer.alloc(1_200_000, 'a')])
    expect(comparePages(stored, visitor).kind).toBe('insertions')
    expect(comparePages(visitor, stored).kind).toBe('differs')
  })

  test('gives pieces without which the page is the stored copy, for any insertions', () => {
    const text = fc.string({ unit: fc.constantFrom('<', '>', 'a', 'b', '/', '\n', 'ü'), maxLength: 15 })
    fc.assert(
      fc.property(text, fc.array(fc.tuple(fc.nat(), text), { maxLength: 5 }), (page, insertions) => {
        const stored = Buffer.from(page)
        let visitor = stored
        for (const [place, inserted] of insertions) {
          const at = place % (visitor.length + 1)
          visitor = Buffer.concat([visitor.subarray(0, at), Buffer.from(inserted), visitor.subarray(at)])
        }
        const difference = comparePages(stored, visitor)
        if (difference.kind !== 'insertions') {
          expect(difference.kind).toBe('identical')
          expect(visitor.equals(stored)).toBe(true)
          return
        }
        expect(takeApart(visitor, difference.pieces).rest.equals(stored)).toBe(true)
        expect(difference.pieces.every(({ length }) => length > 0)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('finds exactly the snippets between the tags of a page', () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ü', '</p><p>'), maxLength: 40 })
    const script = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ü', '<'), maxLength: 40 })
    const snippet = fc.tuple(fc.nat(1_000_000), script).map(([id, inside]) => `<script>s${id} ${inside}</script>`)
    fc.assert(
      fc.property(words, fc.tuple(snippet, snippet, snippet, snippet), (content, [first, second, third, fourth]) => {
        const page = (...pieces: string[]) =>
          `<html><head>${pieces[0] ?? ''}<title>t</title>${pieces[1] ?? ''}</head><body>${pieces[2] ?? ''}<p>${content}</p>${pieces[3] ?? ''}</body></html>`
        expect(piecesOf(page(), page(first, second, third, fourth))).toEqual([first, second, third, fourth])
      }),
      { numRuns: 500 },
    )
  })
})
