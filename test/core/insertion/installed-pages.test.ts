// The inserter over every HTML file that the installed packages ship: pages that nobody wrote for a test.
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { judgeCase } from '../../fuzz/judge-case.js'
import { findInstalledPages } from './installed-pages.js'

const pages = findInstalledPages()

test('the installed packages ship such pages', () => {
  expect(pages.length).toBeGreaterThan(0)
})

test.each(pages)('%s keeps its bytes and gets each snippet in its place', (path) => {
  const page = readFileSync(path, 'latin1')
  // Pieces that begin with a tag each, and sizes that have nothing to do with them.
  const pieces = page.split(/(?=<)/)
  const described = {
    seed: 0,
    number: 0,
    charset: 'utf-8',
    pieces,
    randomSizes: [7, 1, 64],
    longHeadStart: false,
  } as const
  expect(judgeCase(described).faults).toEqual([])
})
