// The inserter against parse5 and against itself, over generated pages; and the fuzzer against planted mistakes.
import { describe, expect, test } from '@jest/globals'
import { createCase } from './fuzz-case.js'
import { insert } from './insert.js'
import { judgeCase } from './judge-case.js'
import { MARKERS, planOf, takeOut } from './markers.js'
import { judgePlaces } from './oracle.js'
import { createRandom } from './random.js'
import { runFuzz } from './run.js'
import { shrinkCase } from './shrink.js'

/** Fixed: a failure here is a failure everywhere. */
const SEED = 20_261_121

describe(`generated pages of seed ${SEED}`, () => {
  test('keep their bytes, however they are split, and get each snippet where parse5 sees its place', () => {
    // Many more of them, and faster, in test/scripts/fuzz.test.ts.
    const { failure, cases } = runFuzz({ seed: SEED, cases: 1_000 })
    expect(failure).toBeUndefined()
    expect(cases).toBe(1_000)
  })

  test('keep their bytes when they are none: random bytes with tags between them', () => {
    for (let number = 0; number < 2_000; number++) {
      const random = createRandom(SEED, number)
      const parts = Array.from({ length: random.integer(0, 20) }, () =>
        random.oneIn(2)
          ? String.fromCharCode(...Array.from({ length: random.integer(0, 5) }, () => random.integer(0, 255)))
          : random.pick(['<!doctype html>', '<', '</body>', '<head>', '<!--']),
      )
      const page = parts.join('')
      const sizes = Array.from({ length: random.integer(1, 8) }, () => random.integer(1, 12))
      const { output } = insert(Buffer.from(page, 'latin1'), planOf(MARKERS), sizes)
      expect({ number, page: takeOut(output.toString('latin1'), MARKERS).page }).toEqual({ number, page })
    }
  })

  test('are told by seed and number', () => {
    expect(createCase(SEED, 7)).toEqual(createCase(SEED, 7))
    expect(createCase(SEED, 7)).not.toEqual(createCase(SEED, 8))
    expect(createCase(SEED + 1, 7).pieces).not.toEqual(createCase(SEED, 7).pieces)
  })
})

describe('the judge finds', () => {
  const { headStart, headEnd, bodyStart, bodyEnd } = MARKERS
  const judge = (output: string) =>
    judgePlaces({ charset: 'utf-8', markers: MARKERS, output, places: takeOut(output, MARKERS) })

  test('nothing where nothing is wrong', () => {
    const output = `<!doctype html><html><head>${headStart}<title></title>${headEnd}</head><body>${bodyStart}<p>${bodyEnd}</body>`
    expect(judge(output)).toEqual({ faults: [], exceptions: new Set() })
  })

  test.each([
    ['headStart does not run', `<html><head><!--${headStart}-->${headEnd}</head><body>${bodyStart}x${bodyEnd}</body>`],
    [
      'headStart stands after other things',
      `<html><head><title></title>${headStart}${headEnd}</head><body>${bodyStart}x${bodyEnd}</body>`,
    ],
    [
      'headStart is not in the head',
      `<html><head></head><body><p>${headStart}${headEnd}${bodyStart}x${bodyEnd}</body>`,
    ],
    [
      'headEnd is not before </head>',
      `<html><head>${headStart}${headEnd}<title></title></head><body>${bodyStart}x${bodyEnd}</body>`,
    ],
    ['bodyStart is not after <body>', `<html><head>${headStart}${headEnd}</head><body>x${bodyStart}x${bodyEnd}</body>`],
    [
      'bodyEnd is not where the tail rule says',
      `<html><head>${headStart}${headEnd}</head><body>${bodyStart}${bodyEnd}x</body>`,
    ],
    [
      'bodyEnd is not before </body>',
      `<html><head>${headStart}${headEnd}</head><body>${bodyStart}x</body>${bodyEnd}</html>`,
    ],
    ['bodyEnd does not run', `<html><head>${headStart}${headEnd}</head><body>${bodyStart}<a b="${bodyEnd}">x</body>`],
    ['the document is another one', `<html><head>${headStart}${headEnd}</head>${bodyStart}<table> ${bodyEnd}x</table>`],
  ])('that %s', (fault, output) => {
    expect(judge(output).faults).toContain(fault)
  })
})

describe('shrinking', () => {
  test('leaves of a failing page what makes it fail', () => {
    const failing = createCase(SEED, 3)
    const pieces = [...failing.pieces, '<b x="y">', ...failing.pieces]
    const smallest = shrinkCase({ ...failing, pieces }, (candidate) => candidate.pieces.join('').includes('x="y'))
    expect(smallest.pieces.join('')).toBe('x="y')
  })

  test('keeps a page that fails by its pieces alone', () => {
    const failing = { ...createCase(SEED, 3), pieces: ['<p>', 'ab', '<p>'] }
    expect(shrinkCase(failing, ({ pieces }) => pieces.includes('ab')).pieces).toEqual(['ab'])
  })
})

test('a document whose mark is a doctype in upper case is one', () => {
  const judged = judgeCase({ ...createCase(SEED, 0), charset: 'utf-8', pieces: ['<!DOCTYPE HTML>x'] })
  expect(judged).toEqual({ kind: 'page', faults: [], exceptions: new Set() })
})
