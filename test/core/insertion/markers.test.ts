// `unlessPageContains`: a part of a text is left out where the page holds its marker before the text's place.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { buffersOf, Inserter, type InsertionPlan } from '@facsimile/core'
import { insert } from '../../fuzz/insert.js'
import { MARKERS, planOf } from '../../fuzz/markers.js'
import { chunkSizes, tagSoup } from './generated.js'

const part = (html: string, marker?: string) => ({
  html: Buffer.from(html),
  unlessPageContains: marker === undefined ? undefined : Buffer.from(marker),
})
/** `[A]` always, `[B]` unless the page holds `no-b`. */
const TEXT = [part('[A]'), part('[B]', 'no-b')]
const textOf = (page: string, plan: Partial<InsertionPlan>, sizes?: readonly number[]) =>
  insert(Buffer.from(page), { charsetKnown: true, ...plan }, sizes).output.toString()

const CHUNKS = [[], [1], [2], [3, 1], [7], [50]]

/** `^` stands where the text goes. */
const PLACES = {
  headStart: '<!doctype html><!--1--><html><head>^<title>2</title></head><body>3</body></html>',
  headEnd: '<!doctype html><html><head><title>1</title>^</head><body>2</body></html>',
  bodyStart: '<!doctype html><html><head><title>1</title></head><body>^2</body></html>',
  bodyEnd: '<!doctype html><html><head><title>1</title></head><body>2^</body><!--3--></html>',
} as const

describe.each(Object.entries(PLACES))('at %s', (place, marked) => {
  test.each([
    ['a page without the marker gets all', 'yes-b', 'yes-b', '[A][B]'],
    ['the marker before the place leaves the part out', 'no-b', 'yes-b', '[A]'],
    ['the marker behind the place does not', 'yes-b', 'no-b', '[A][B]'],
    ['the marker in another case does not', 'NO-B', 'yes-b', '[A][B]'],
    ['the marker cut in two by the place does not', 'no', '-b', '[A][B]'],
  ])('%s, however it is split', (_name, before, after, text) => {
    const [head = '', tail = ''] = marked.split('^')
    for (const isXml of [false, true]) {
      const page = `${head.replace('1', before)}^${tail.replace(/\d(?=<|-->)/, after)}`.replace(
        '<!doctype',
        '<!DOCTYPE',
      )
      for (const sizes of CHUNKS) {
        const output = textOf(page.replace('^', ''), { [place]: TEXT, isXml }, sizes)
        expect(output).toBe(page.replace('^', text))
      }
    }
  })
})

test('a marker beyond ASCII is matched by its bytes, also where a chunk ends within a character', () => {
  const page = '<!doctype html><body>漢字é</body>'
  for (const sizes of CHUNKS) {
    expect(textOf(page, { bodyEnd: [part('[A]', '字é')] }, sizes)).toBe(page)
    expect(textOf(page, { bodyEnd: [part('[A]', '字e')] }, sizes)).toContain('[A]</body>')
  }
})

test('what was inserted is no part of the page: it hides no snippet', () => {
  const plan = { headEnd: [part('no-b', 'x-x')], bodyStart: Buffer.from('no-b'), bodyEnd: TEXT }
  const page = '<!doctype html><head></head><body></body>'
  expect(textOf(page, plan)).toBe('<!doctype html><head>no-b</head><body>no-b[A][B]</body>')
})

test('several markers are each looked for, from the place before to the next', () => {
  const plan: Partial<InsertionPlan> = {
    headEnd: [part('[1]', 'one'), part('[2]', 'two')],
    bodyEnd: [part('[1]', 'one'), part('[2]', 'two'), part('[3]', 'three')],
  }
  expect(textOf('<!doctype html><title>one</title><body>two</body>', plan)).toBe(
    '<!doctype html><title>one</title>[2]<body>two[3]</body>',
  )
})

test('at the end of a page without end tags all of it counts', () => {
  expect(textOf('<!doctype html><p>no-b', { bodyEnd: TEXT })).toBe('<!doctype html><p>no-b[A]')
  expect(textOf('<!doctype html><p>no-', { bodyEnd: TEXT })).toBe('<!doctype html><p>no-[A][B]')
})

test('a tail that is let go early was looked at up to the snippet', () => {
  for (const [word, text] of [
    ['no-b', '[A]'],
    ['yes', '[A][B]'],
  ] as const) {
    const inserter = new Inserter({ bodyEnd: TEXT, charsetKnown: true })
    const out: Buffer[] = []
    inserter.push(Buffer.from(`<!doctype html><body>${word}</body>`), out)
    inserter.release(out)
    inserter.push(Buffer.from('no-b'), out)
    inserter.end(out)
    expect(Buffer.concat(out).toString()).toBe(`<!doctype html><body>${word}${text}</body>no-b`)
  }
})

test('a tail with an end tag in an open comment was looked at up to the last', () => {
  for (const word of ['no-b', 'yes'])
    expect(textOf(`<!doctype html><body></body><!-- ${word} </body>`, { bodyEnd: TEXT })).toBe(
      `<!doctype html><body></body><!-- ${word} ${word === 'yes' ? '[A][B]' : '[A]'}</body>`,
    )
})

test('a fragment and a frameset are left alone as ever', () => {
  expect(textOf('<p>a</p>', { bodyEnd: TEXT })).toBe('<p>a</p>')
  const frames = '<!doctype html><frameset></frameset>'
  expect(textOf(frames, { bodyStart: TEXT, bodyEnd: TEXT })).toBe(frames)
})

test('all parts of a plan are counted: no page grows by more', () => {
  const buffers = buffersOf({ headStart: Buffer.from('12345'), bodyEnd: TEXT, charsetKnown: true })
  expect(buffers.map(String)).toEqual(['12345', 'undefined', 'undefined', '[A]', '[B]'])
})

test('over generated pages a marker that is nowhere changes nothing, and the result does not depend on how they are split', () => {
  const listed = (marker: string): InsertionPlan => ({
    headStart: [part(MARKERS.headStart, marker)],
    headEnd: [part(MARKERS.headEnd, marker)],
    bodyStart: [part(MARKERS.bodyStart, marker)],
    bodyEnd: [part(MARKERS.bodyEnd, marker)],
    charsetKnown: true,
  })
  fc.assert(
    fc.property(
      tagSoup,
      chunkSizes,
      fc.constantFrom('</', '<p>text', 'é', 'a</title>', '</body></html>'),
      (page, sizes, marker) => {
        const bytes = Buffer.from(page)
        expect(
          insert(bytes, listed('nowhere'), sizes).output.equals(insert(bytes, planOf(MARKERS), sizes).output),
        ).toBe(true)
        expect(insert(bytes, listed(marker), sizes).output.equals(insert(bytes, listed(marker)).output)).toBe(true)
      },
    ),
    { seed: 20_261_122, numRuns: 2_000 },
  )
})

test('a long text in parts leaves the charset declaration among the first 1024 bytes', () => {
  const page = '<html><head><title>x</title><meta charset=utf-8><link></head><body></body></html>'
  const long = `[${'x'.repeat(300)}]`
  const after = page.replace('charset=utf-8>', `charset=utf-8>[A]${long}`)
  expect(textOf(page, { headStart: [part('[A]'), part(long, 'no-b')], charsetKnown: false })).toBe(after)
})

test('a text in parts of 256 bytes is short, and one of 257 is long', () => {
  const page = '<html><head><title>x</title><meta charset=utf-8><link></head><body></body></html>'
  for (const [bytes, before] of [
    [256, '<head>'],
    [257, 'utf-8>'],
  ] as const) {
    const text = 'x'.repeat(bytes - 3)
    const output = textOf(page, { headStart: [part('[A]'), part(text, 'no-b')], charsetKnown: false })
    expect(output).toBe(page.replace(before, `${before}[A]${text}`))
  }
})
