// The README is true: its examples run, and its tables list what the code has.
import { describe, expect, test } from '@jest/globals'
import { ERROR_CODES, resolveSettings, WORDS } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'
import { runExample, startExample } from './support/example-program.js'
import { exampleIn, readPage } from './support/page-examples.js'

const readme = readPage('README.md')

/** The cells of the first table whose header begins with `heading`, row by row. */
function rows(heading: string): string[][] {
  const table = readme.slice(readme.search(new RegExp(`^\\| ${heading} +\\|`, 'm'))).split('\n\n', 1)[0] ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.slice(1, -1).split(' | '))
    .map((cells) => cells.map((cell) => cell.trim()))
}

/** What stands in backticks at the start of each row. */
function firstCells(heading: string): string[] {
  return rows(heading).map(([cell = '']) => /^`(.+?)`/.exec(cell)?.[1] ?? cell)
}

describe('examples', () => {
  test.each(['express', 'http'])('the %s example serves a page and hands its copy over once', async (name) => {
    const program = await startExample(exampleIn('README.md', name))
    try {
      const origin = `http://127.0.0.1:${program.port}`
      const page = await (await fetch(origin)).text()
      const fetchUrl = /fetchFrom = "([^"]+)"/.exec(page)?.[1]
      expect(page).toBe(
        `<!doctype html><html><body>Hello<script>fetchFrom = "${fetchUrl ?? '?'}"</script></body></html>`,
      )
      const copy = await fetch(new URL(fetchUrl ?? '?', origin))
      expect(await copy.text()).toBe('<!doctype html><html><body>Hello</body></html>')
      expect((await fetch(new URL(fetchUrl ?? '?', origin))).status).toBe(404)
    } finally {
      await program.stop()
    }
  })

  test('the example of a provider test passes under node:test', async () => {
    const { code, output } = await runExample(exampleIn('README.md', 'provider'), ['--test'])
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
    expect(Number(/pass (\d+)/.exec(output)?.[1])).toBeGreaterThanOrEqual(35)
  }, 60_000)
})

describe('tables', () => {
  test('everything that createFacsimile answers is listed, here and in llms.txt', () => {
    const members = Object.keys(createFacsimile())
    expect(
      firstCells('member')
        .map((cell) => cell.replace(/\(.*/, ''))
        .sort(),
    ).toEqual(members.sort())
    const summary = readPage('llms.txt')
    for (const member of members) expect(summary).toContain(`\`${member}\``)
  })

  test('every setting is listed with its default', () => {
    const settings = resolveSettings({})
    const listed = firstCells('setting')
    const known = [...Object.keys(settings), 'encryptionKeys', 'fetchUrl', 'logger', 'settingsFile']
    expect([...listed].sort()).toEqual([...new Set(known)].sort())
  })

  test('every word, loss and error code is listed, with its sentence', () => {
    const { 'passed over': passOvers, 'not stored': losses } = WORDS
    expect(firstCells('word')).toEqual(Object.keys(passOvers))
    expect(firstCells('loss')).toEqual(Object.keys(losses))
    expect(firstCells('code')).toEqual(Object.keys(ERROR_CODES))
    expect(rows('word')).toEqual(Object.entries(passOvers).map(([word, texts]) => [`\`${word}\``, ...texts]))
    expect(rows('loss')).toEqual(Object.entries(losses).map(([word, texts]) => [`\`${word}\``, ...texts]))
    for (const sentence of Object.values(ERROR_CODES)) expect(readme).toContain(sentence)
  })
})
