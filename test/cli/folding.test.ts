// Reports on narrow terminals: no word is broken, no line is too long, and columns stay columns.
import { tmpdir } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { fold, foldParagraphs } from '../../packages/cli/src/folding.js'
import { runCli } from './run-cli.js'

describe('a long line', () => {
  test.each<[string, string, readonly string[]]>([
    ['of a table', '  ✓ page     two words and then more', ['  ✓ page     two words and', '             then more']],
    ['behind a mark', '  → one two three four five six', ['  → one two three four', '    five six']],
    ['without columns', '  one two three four five six', ['  one two three four five', '  six']],
    ['with a word that is too long', 'https://shop.example/account two', ['https://shop.example/account', 'two']],
    ['with a wide first column', '  some-long-name-of-it  one two', ['  some-long-name-of-it  one', '    two']],
    ['in colours', '\x1b[31mone two three four five\x1b[39m six', ['\x1b[31mone two three four five\x1b[39m', 'six']],
  ])('%s is broken between words', (_case, line, expected) => {
    expect(fold(line, 26).split('\n')).toEqual(expected)
  })

  test('stays as it is in a pipe, and where it fits', () => {
    const line = '  ✓ page     two words and more'
    expect(fold(line, undefined)).toBe(line)
    expect(fold(line, 36)).toBe(line)
  })

  test('of a paragraph is joined with the next before it is broken', () => {
    const first = `It ${'says '.repeat(20)}much`
    expect(foldParagraphs(`${first}\nand more.\n\n  an example\n`, 120)).toBe(`${first}\nand more.\n\n  an example\n`)
    expect(foldParagraphs(`${first}\nand more.\n\n  an example\n`, 60).split('\n')).toEqual([
      `It ${'says '.repeat(11).trim()}`,
      `${'says '.repeat(9)}much and more.`,
      '',
      '  an example',
      '',
    ])
  })
})

const COMMANDS = ['', 'doctor', 'explain', 'fetch', 'robots', 'store', 'settings', 'settings import', 'addresses']
test.each(COMMANDS)('the help of facsimile %s fits a terminal of 80 columns', async (command) => {
  const args = [...command.split(' ').filter((word) => word !== ''), '--help']
  const { stdout } = await runCli(args, { cwd: tmpdir(), isTTY: true, columns: 80 })
  for (const line of stdout.split('\n')) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(80)
})
