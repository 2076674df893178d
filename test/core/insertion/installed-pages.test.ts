// The inserter over every HTML file that the installed packages ship: pages that nobody wrote for a test.
import { expect, test } from '@jest/globals'
import { findInstalledPages } from './installed-pages.js'
import { insert, planOf, withoutMarkers } from './insert.js'
import { judgePlaces } from './oracle.js'
import { readFileSync } from 'node:fs'

const pages = findInstalledPages()

test('the installed packages ship such pages', () => {
  expect(pages.length).toBeGreaterThan(0)
})

test.each(pages)('%s keeps its bytes and gets each snippet in its place', (path) => {
  const input = readFileSync(path)
  const whole = insert(input, planOf())
  for (const sizes of [[1], [7, 1, 64], [1000]]) {
    const split = insert(input, planOf(), sizes)
    expect(split.output.equals(whole.output)).toBe(true)
  }
  expect(withoutMarkers(whole.output).equals(input)).toBe(true)
  if (whole.kind === 'page') expect(judgePlaces(input, whole.output).faults).toEqual([])
})
