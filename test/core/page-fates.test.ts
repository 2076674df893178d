// The memory of what became of pages: bounded, with the oldest forgotten first.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createPageFates } from '../../packages/core/src/page-fates.js'

const BOUND = 10_000

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

test('of more than ten thousand pages the oldest are unknown, and the others are told and counted', () => {
  let expired = 0
  const fates = createPageFates(() => expired++)
  const tokens = Array.from({ length: BOUND + 2 }, createPageToken)
  for (const token of tokens) fates.stored(token, 1_000)
  const [first, second, third, fourth] = tokens as [(typeof tokens)[0], ...typeof tokens]
  expect([first, second!, third!].map(fates.missOf)).toEqual(['unknown', 'unknown', 'evicted'])
  fates.fetched(third!, true)
  fates.fetched(fourth!, false)
  fates.lost(createPageToken(), 'failed')
  expect([third!, fourth!].map(fates.missOf)).toEqual(['unknown', 'expired'])
  jest.advanceTimersByTime(2_000)
  // But for the two at the beginning, the one that gave its place to the lost one, and the one that was fetched.
  expect(expired).toBe(BOUND - 2)
  expect(fates.missOf(tokens.at(-1)!)).toBe('expired')
  expect(jest.getTimerCount()).toBe(0)
})

test('pages that expire one after the other are counted in their time, and a lost one has its reason', () => {
  let expired = 0
  const fates = createPageFates(() => expired++)
  const [early, late, lost] = [createPageToken(), createPageToken(), createPageToken()]
  fates.stored(early, 1_000)
  jest.advanceTimersByTime(900)
  fates.stored(late, 1_000)
  fates.lost(lost, 'timeout')
  jest.advanceTimersByTime(500)
  expect([expired, fates.missOf(early), fates.missOf(late)]).toEqual([1, 'expired', 'evicted'])
  expect([fates.missOf(lost), fates.lossOf(lost), fates.lossOf(late)]).toEqual(['lost', 'timeout', undefined])
  jest.advanceTimersByTime(1_000)
  expect(expired).toBe(2)
  fates.stored(createPageToken(), 1_000)
  fates.close()
  expect(jest.getTimerCount()).toBe(0)
})
