// The table of rules is true: each file that it names exists, and its titles name the rule.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const RULES = 26

const root = join(import.meta.dirname, '..')
const table = readFileSync(join(root, 'docs', 'rules.md'), 'utf8')

interface Row {
  readonly rule: number
  readonly files: readonly string[]
}

const rows: readonly Row[] = [...table.matchAll(/^\| (\d+) +\|.*\| (.+?) +\|$/gm)].map(([, rule, files = '']) => ({
  rule: Number(rule),
  files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) =>
    file.startsWith('test/') ? file : `test/express/rules/${file}`,
  ),
}))

/** The rules that the titles of a file's tests name, as in `rule 3: …` or `rules 2, 3 and 5: …`. */
function rulesNamedIn(file: string): ReadonlySet<number> {
  const titles = readFileSync(join(root, file), 'utf8').matchAll(/(['"`])rules? (\d+(?:(?:, | and )\d+)*)\b/g)
  return new Set([...titles].flatMap(([, , numbers = '']) => (numbers.match(/\d+/g) ?? []).map(Number)))
}

test('every rule stands in the table once, in order', () => {
  expect(rows.map(({ rule }) => rule)).toEqual(Array.from({ length: RULES }, (_, index) => index + 1))
})

test('every file that the table names exists', () => {
  const files = [...table.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file = '']) => file)
  expect(files.length).toBeGreaterThan(RULES)
  expect(rows.flatMap((row) => row.files).filter((file) => !existsSync(join(root, file)))).toEqual([])
})

test.each(rows)('rule $rule is named by the title of a test in one of its files', ({ rule, files }) => {
  expect(files.filter((file) => existsSync(join(root, file)) && rulesNamedIn(file).has(rule))).not.toEqual([])
})
