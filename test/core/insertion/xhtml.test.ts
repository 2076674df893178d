// XHTML: what is inserted into a well-formed page stands in its element, and the page is well-formed still.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { InsertionPlan } from '@facsimile/core'
import { insert } from '../../fuzz/insert.js'
import { MARKERS, planOf, takeOut } from '../../fuzz/markers.js'
import { chunkSizes, tagSoup } from './generated.js'
import { xhtmlPage } from './xhtml-pages.js'
import { faultsOf, withTexts } from './xml-oracle.js'

const RUNS = { seed: 20_261_122, numRuns: 5_000 }
const ALL: InsertionPlan = { ...planOf(MARKERS), isXml: true }

describe('over 5 000 generated pages', () => {
  test('each snippet stands in the element where an XML parser sees its place', () => {
    fc.assert(
      fc.property(xhtmlPage, (page) => {
        expect(faultsOf(page)).toEqual([])
        const output = insert(Buffer.from(page), ALL).output.toString()
        expect(output).toBe(withTexts(page, MARKERS))
        expect(faultsOf(output)).toEqual([])
      }),
      RUNS,
    )
  })

  test('the result does not depend on how the page is split, and no more than an XML declaration is held back', () => {
    fc.assert(
      fc.property(xhtmlPage, chunkSizes, (page, sizes) => {
        const whole = insert(Buffer.from(page), { ...ALL, charsetKnown: false })
        const split = insert(Buffer.from(page), { ...ALL, charsetKnown: false }, sizes)
        expect(split.output.equals(whole.output)).toBe(true)
        expect(split.kind).toBe('page')
        // The longest thing that has to be known whole is the XML declaration.
        expect(split.mostHeld).toBeLessThan(70)
      }),
      RUNS,
    )
  })

  test('no more than the start of a tag is held back of a page whose charset is known', () => {
    fc.assert(
      fc.property(xhtmlPage, (page) => insert(Buffer.from(page), ALL, [1]).mostHeld <= 10),
      { ...RUNS, numRuns: 1_000 },
    )
  })

  test('what is no XML leaves without a byte changed either, however it is split', () => {
    fc.assert(
      fc.property(tagSoup, chunkSizes, (page, sizes) => {
        const input = Buffer.from(page)
        const whole = insert(input, ALL)
        const split = insert(input, ALL, sizes)
        const { page: rest } = takeOut(whole.output.toString('latin1'), MARKERS)
        return rest === input.toString('latin1') && split.output.equals(whole.output)
      }),
      RUNS,
    )
  })
})

const XHTML = (children: string) => `<html xmlns="http://www.w3.org/1999/xhtml">${children}</html>`
const SHORT: InsertionPlan = {
  headStart: Buffer.from('[HS]'),
  headEnd: Buffer.from('[HE]'),
  bodyStart: Buffer.from('[BS]'),
  bodyEnd: Buffer.from('[BE]'),
  charsetKnown: true,
  isXml: true,
}
const inserted = (page: string) => insert(Buffer.from(page), SHORT).output.toString()

describe('where a snippet goes', () => {
  test.each([
    ['into head and body', XHTML('<head>[HS]<title/>[HE]</head><body>[BS]<p>a</p>[BE]</body>')],
    ['after a head and a body that are empty tags', XHTML('<head/>[HS][HE]<body/>[BS][BE]')],
    ['before the body where there is no head', XHTML('[HS][HE]<body>[BS]a[BE]</body>')],
    ['before the end of html where there is neither', XHTML('<p>a</p>[HS][HE][BS][BE]')],
    [
      'not into elements of another namespace prefix',
      XHTML('<x:head xmlns:x="x"></x:head>[HS][HE]<body>[BS][BE]</body>'),
    ],
    ['not into elements in capitals', XHTML('<HEAD></HEAD>[HS][HE]<body>[BS]<BODY></BODY>[BE]</body>')],
    ['into the first body, and not into those within it', XHTML('[HS][HE]<body>[BS]<body>a</body>[BE]</body><body/>')],
    [
      'not after a script or title that closes itself',
      XHTML('<head>[HS]<script/><title/>[HE]</head><body>[BS][BE]</body>'),
    ],
    ['not at tags in CDATA', XHTML('<head>[HS][HE]</head><body>[BS]<![CDATA[</body>]]>[BE]</body>')],
    ['at the end of a page that is cut short', '<html><head>[HS][HE]</head><body>[BS]<p>a[BE]'],
    ['before a tag that is cut short', '<html><head>[HS][HE]</head><body>[BS]<p>a[BE]<'],
  ])('%s', (_name, expected) => {
    expect(inserted(expected.replace(/\[\w\w\]/g, ''))).toBe(expected)
  })

  test.each([
    ['an empty html element', '<html/>'],
    ['a page that ends within a comment', '<html><!-- '],
    ['a frameset, but for its head', '<html><frameset/></html>'],
  ])('nowhere: %s', (_name, page) => {
    expect(inserted(page).replace('[HS][HE]<frameset', '<frameset')).toBe(page)
  })

  test.each([
    '',
    'text',
    '<svg/>',
    '<h:html xmlns:h="x"/>',
    '<HTML></HTML>',
    '</html>',
    '<!DOCTYPE html>',
    '<!-- a -->',
    '<',
  ])('what has no html element is a fragment: %j', (page) => {
    const { kind, output } = insert(Buffer.from(page), SHORT)
    expect([kind, output.toString()]).toEqual(['fragment', page])
  })
})

describe('the charset of a page whose Content-Type names none', () => {
  const UNKNOWN: InsertionPlan = { ...SHORT, charsetKnown: false }
  const page = XHTML('<body>a</body>')
  const declared = (encoding: string) => Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>${page}`)
  const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

  test.each([
    ['ISO-2022-JP in the declaration', declared('ISO-2022-JP')],
    ['UTF-16 in the declaration', declared('UTF-16')],
    ['UTF-7 in the declaration', declared('utf-7')],
    ['a name that nobody knows', declared('klingon')],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${page}`, 'utf16le')],
    ['UTF-16 with a mark in the other order', utf16be(`\ufeff${page}`)],
    ['UTF-16 without a mark', Buffer.from(page, 'utf16le')],
    ['UTF-16 without a mark in the other order', utf16be(page)],
  ])('keeps it as it is: %s', (_name, bytes) => {
    for (const sizes of [[], [1], [3]]) {
      const { kind, output } = insert(bytes, UNKNOWN, sizes)
      expect([kind, output.equals(bytes)]).toEqual(['other-charset', true])
    }
  })

  test.each([
    ['no declaration', Buffer.from(page)],
    ['a declaration without an encoding', Buffer.from(`<?xml version="1.0"?>${page}`)],
    ['UTF-8', declared('utf-8')],
    ['Shift_JIS', declared('Shift_JIS')],
    ['windows-1252', declared('windows-1252')],
    ['a mark of UTF-8 before another declaration', Buffer.from(`\ufeff${declared('utf-16').toString()}`)],
    ['an instruction whose name only begins alike', Buffer.from(`<?xml-style encoding="utf-16"?>${page}`)],
    ['a declaration that is too long to wait for', Buffer.from(`<?xml ${' '.repeat(300)}encoding="utf-16"?>${page}`)],
  ])('inserts: %s', (_name, bytes) => {
    for (const sizes of [[], [1], [3]]) {
      expect(insert(bytes, UNKNOWN, sizes).output.toString()).toBe(
        bytes.toString().replace('<body>a', '[HS][HE]<body>[BS]a[BE]'),
      )
    }
  })

  test('is what the Content-Type says, whatever the declaration says, but for a mark of UTF-16', () => {
    expect(insert(declared('utf-16'), SHORT).kind).toBe('page')
    expect(insert(Buffer.from(`\ufeff${page}`, 'utf16le'), SHORT).kind).toBe('other-charset')
  })
})
