// Fetch paths of earlier settings are answered for as long as pages that left with them may wait.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createPastPaths } from '../../packages/express/src/past-paths.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

test('a path is answered until its time is over, and a shorter time that is added later takes nothing away', () => {
  const paths = createPastPaths()
  expect(paths.has('/copies?t=x')).toBe(false)
  paths.add('/copies', 3_600_000)
  paths.add('/other', 1_000)
  paths.add('/copies', 1_000)
  jest.advanceTimersByTime(3_599_000)
  expect(['/copies?t=x', '/copies', '/copies/x', '/other'].map((url) => paths.has(url))).toEqual([
    true,
    true,
    false,
    false,
  ])
  jest.advanceTimersByTime(2_000)
  expect(paths.has('/copies')).toBe(false)
})
