// Settings files: read strictly, refused with the file, the line and the column.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FacsimileError, readSettingsText } from '@facsimile/core'
import { thrownBy } from '../support/failure-of.js'

const NAME = 'facsimile.config.json'
const read = (text: string) => readSettingsText(text, NAME)

test('a byte order mark and a $schema for editors count for nothing', () => {
  expect(
    read('\uFEFF{ "$schema": "./settings.schema.json",\r\n "maxCachedSeconds": 30, "include": ["/a", "/b"] }\n'),
  ).toEqual({
    maxCachedSeconds: 30,
    include: ['/a', '/b'],
  })
  expect(read('{}')).toEqual({})
})

test('a $schema further in is a key like any other', () => {
  expect(read('{"clientAddress":{"$schema":"x"}}')).toEqual({ clientAddress: { $schema: 'x' } })
})

describe('what is broken is refused by its place', () => {
  test.each([
    ['', 1, 1, 'the end stands where a value should'],
    ['{\n  "a": 1,\n}', 3, 1, 'a comma stands before "}"'],
    ['{"a": [1,]}', 1, 10, 'a comma stands before "]"'],
    ['{\r\n  "a" 1 }', 2, 7, '"1" stands where a colon should'],
    ["{'a': 1}", 1, 2, '"\'" stands where a key in double quotes should'],
    ['{"a": 1 // one\n}', 1, 9, 'a comment stands here'],
    ['/* settings */ {}', 1, 1, 'a comment stands here'],
    ['{"a": 1', 1, 8, 'the end stands where a comma or "}" should'],
    ['{"a": 1} {}', 1, 10, '"{" stands where the end should'],
    ['{"a": "x\ny"}', 1, 9, 'a text holds a control character or line break'],
    ['{"a": "x', 1, 7, 'a text begins here and does not end'],
    ['{"a": "C:\\pages"}', 1, 10, 'a text holds a backslash that escapes nothing'],
    ['{"a": 01}', 1, 8, '"1" stands where a comma or "}" should'],
    ['{"a": NaN}', 1, 7, '"N" stands where a value should'],
    ['{"a": 1, "b": 2, "a": 3}', 1, 18, '`a` is given twice'],
    ['{"snippets": [{"__proto__": {"polluted": 1}}]}', 1, 16, '`snippets[0].__proto__` is a key that is never taken'],
    ['{"\\u005f_proto__": 1}', 1, 2, '`__proto__` is a key that is never taken'],
    ['{"a": {"constructor": {"prototype": 1}}}', 1, 8, '`a.constructor` is a key'],
    ['{"prototype": 1}', 1, 2, '`prototype` is a key'],
    ['[]', 1, 1, 'it holds a list'],
    ['null', 1, 1, 'it holds null'],
    ['{"$schema": 1}', 1, 1, 'it has a `$schema` that is no text'],
  ])('%j', (text, line, column, problem) => {
    const error = thrownBy(() => read(text))
    expect(error).toBeInstanceOf(FacsimileError)
    expect(error.code).toBe('SETTINGS_INVALID')
    expect(error.message).toContain(`"${NAME}", line ${line}, column ${column}: ${problem}`)
  })

  test('without a word of what the values are', () => {
    const { message } = thrownBy(() => read('{"cacheProvider": "redis://:s3cret@cache/" "x": 1}'))
    expect(message).not.toContain('s3cret')
  })

  test('and so is a tower of brackets, however high', () => {
    expect(thrownBy(() => read('{"a":' + '['.repeat(1_000_000))).message).toContain('more than 64 objects and lists')
  })

  test('and nothing is polluted', () => {
    thrownBy(() => read('{"__proto__": {"polluted": true}}'))
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

/** JSON with a character put in, taken out or doubled. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 3 }),
    fc.nat(),
    fc.constantFrom('', ',', ':', '"', '\\', '}', ']', '{', '0', '-', '.', 'e', '\n', ' ', 't'),
    fc.boolean(),
  )
  .map(([json, position, piece, keep]) => {
    const at = position % (json.length + 1)
    return json.slice(0, at) + piece + json.slice(keep ? at : at + 1)
  })

test('takes just what JSON.parse takes, but for keys that are forbidden or given twice', () => {
  fc.assert(
    fc.property(nearlyJson, (json) => {
      const text = `{"a":${json}}`
      let parsed: unknown
      try {
        parsed = JSON.parse(text)
      } catch {
        expect(thrownBy(() => read(text)).message).toMatch(/line \d+, column \d+: /)
        return
      }
      try {
        expect(read(text)).toEqual(parsed)
      } catch (error) {
        expect((error as Error).message).toMatch(/is given twice|is a key that is never taken/)
      }
    }),
    { numRuns: 1000 },
  )
})
