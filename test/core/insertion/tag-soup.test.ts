// The inserter against parse5 and against itself, over generated pages.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { insert, MARKERS, planOf, withoutMarkers, type PlaceName } from './insert.js'
import { isDocument, judgePlaces } from './oracle.js'
import { chunkSizes, tagSoup } from './tag-soup.js'

// A fixed seed: a failure here is a failure everywhere. fast-check prints it with the smallest failing page.
const RUNS = { seed: 20_261_121, numRuns: 20_000 }
const ALL = planOf()
/** There white space is held back, and what is held back at the end of the page comes after the snippets. */
const ENDS_AT_HEAD_START = /<(?:head|html|!doctype)[^>]*>\s*(?:<meta[^>]*>?\s*)*<?$/i
/** White space and comments aside, what can make parse5's reading of a page with a frameset have no body at all. */
const hasFrameset = (page: string) => /<frameset/i.test(page)

describe('over 20 000 generated pages', () => {
  test('output without the snippets is the input, byte for byte, however it is split', () => {
    fc.assert(
      fc.property(tagSoup, chunkSizes, (page, sizes) => {
        const input = Buffer.from(page)
        const { output } = insert(input, ALL, sizes)
        return withoutMarkers(output).equals(input)
      }),
      RUNS,
    )
  })

  test('the result does not depend on how the page is split', () => {
    fc.assert(
      fc.property(tagSoup, chunkSizes, (page, sizes) => {
        const input = Buffer.from(page)
        const whole = insert(input, ALL)
        const split = insert(input, ALL, sizes)
        return split.kind === whole.kind && split.output.equals(whole.output)
      }),
      RUNS,
    )
  })

  test('random bytes pass unchanged', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 5 }),
        fc.constantFrom('<!doctype html>', '<', '</body>', '<head>', '<!--').map((text) => Buffer.from(text)),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(bytes, chunkSizes, (parts, sizes) => {
        const input = Buffer.concat(parts)
        return withoutMarkers(insert(input, ALL, sizes).output).equals(input)
      }),
      { ...RUNS, numRuns: 5_000 },
    )
  })

  test('a page gets every snippet once and a fragment gets none', () => {
    fc.assert(
      fc.property(tagSoup, (page) => {
        const { output, kind } = insert(Buffer.from(page), ALL)
        const text = output.toString()
        const counts = Object.values(MARKERS).map((marker) => text.split(marker).length - 1)
        if (kind === 'fragment') return text === page && !isDocument(Buffer.from(page))
        return counts.join() === (kind === 'page' ? '1,1,1,1' : '1,1,0,0')
      }),
      RUNS,
    )
  })

  test('every snippet stands where parse5 sees its place, the documented exceptions of the tail rule aside', () => {
    const seen = { exact: 0, 'content-after-body': 0, 'ends-inside-markup': 0 }
    fc.assert(
      fc.property(tagSoup, (page) => {
        const input = Buffer.from(page)
        const { output, kind } = insert(input, ALL)
        if (kind !== 'page' || hasFrameset(page)) return
        const { faults, exceptions } = judgePlaces(input, output)
        for (const exception of exceptions) seen[exception]++
        if (exceptions.length === 0) seen.exact++
        if (faults.length > 0) throw new Error(`${faults.join('; ')}\n${output.toString()}`)
      }),
      RUNS,
    )
    // The generator is there to find mistakes, so it must reach the ordinary case and the exceptions alike.
    expect(seen.exact).toBeGreaterThan(5_000)
    expect(seen['content-after-body']).toBeGreaterThan(100)
    expect(seen['ends-inside-markup']).toBeGreaterThan(100)
  })

  test('one place alone is the same place as among the others', () => {
    fc.assert(
      fc.property(
        tagSoup,
        fc.constantFrom<PlaceName>('headStart', 'headEnd', 'bodyStart', 'bodyEnd'),
        (page, place) => {
          const input = Buffer.from(page)
          const all = insert(input, ALL)
          if (all.kind !== 'page' || hasFrameset(page) || ENDS_AT_HEAD_START.test(page)) return true
          const others = Object.entries(MARKERS)
            .filter(([name]) => name !== place)
            .map(([, marker]) => marker)
          const alone = insert(input, planOf([place]))
          // What a page that ends inside a comment or script swallows has no place.
          const { exceptions } = judgePlaces(input, alone.output)
          return alone.output.equals(withoutMarkers(all.output, others)) || exceptions.includes('ends-inside-markup')
        },
      ),
      { ...RUNS, numRuns: 5_000 },
    )
  })

  test('no more than a partial tag or a tail is ever held back', () => {
    fc.assert(
      fc.property(tagSoup, (page) => {
        const { mostHeld } = insert(Buffer.from(page), ALL, [1])
        return mostHeld <= 1024 && insert(Buffer.from(page), planOf(['bodyEnd']), [1]).mostHeld <= 512
      }),
      { ...RUNS, numRuns: 5_000 },
    )
  })
})
