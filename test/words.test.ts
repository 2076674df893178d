// The words are explained: each has a meaning and a remedy, and docs/words.md is the table of the code.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { explain, WORDS, type Explanation, type WordKind } from '@facsimile/core'

const docs = readFileSync(join(import.meta.dirname, '..', 'docs', 'words.md'), 'utf8')
const kinds = Object.entries(WORDS) as [WordKind, Readonly<Record<string, Explanation>>][]

/** The tables of the page in their order, row by row, cell by cell. */
const tables = docs.split(/^## .*$/m).map((section) =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).split(' | '))
    .map((cells) => cells.map((cell) => cell.trim())),
)

describe.each(kinds)('the words for what is %s', (kind, words) => {
  const entries = Object.entries(words)

  test('have a meaning and a remedy each, in whole sentences', () => {
    expect(entries.length).toBeGreaterThan(0)
    for (const [word, texts] of entries) {
      expect(word).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      expect(texts).toHaveLength(2)
      for (const text of texts) expect(text).toMatch(/^[A-Z`].{10,}\.$/)
      expect(explain(kind, word as never)).toBe(texts.join(' '))
    }
  })

  test('name settings that there are', () => {
    const names = entries.flatMap(([, texts]) =>
      texts.flatMap((text) => text.match(/(?<=`)[a-z][A-Za-z.]+(?=`)/g) ?? []),
    )
    const settings = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
    for (const name of names) expect(settings).toContain(name.split('.')[0])
  })

  test('are a table of docs/words.md', () => {
    const table = tables[kinds.findIndex(([name]) => name === kind) + 1]
    expect(table).toEqual(entries.map(([word, texts]) => [`\`${word}\``, ...texts]))
  })
})
