// Memory that is lent and given back: never to two at once, and never more than a bound of it lies idle.
import { describe, expect, test } from '@jest/globals'
import { createSpareBuffers } from '../../../packages/core/src/providers/spare-buffers.js'

const MEBIBYTE = 1024 * 1024

describe('spare buffers', () => {
  test('are as long as was asked for', () => {
    const { take, give } = createSpareBuffers()
    for (const bytes of [0, 1, 20_000, 16_384, 16_385, MEBIBYTE, MEBIBYTE + 1]) {
      const buffer = take(bytes)
      expect(buffer).toHaveLength(bytes)
      give(buffer)
    }
  })

  test('are used again once they were given back, and not before', () => {
    const { take, give } = createSpareBuffers()
    const first = take(20_000)
    const second = take(20_000)
    expect(second.buffer).not.toBe(first.buffer)
    give(first)
    const third = take(25_000)
    expect(third.buffer).toBe(first.buffer)
    expect(take(20_000).buffer).not.toBe(first.buffer)
  })

  test('are passed over when they are too short', () => {
    const { take, give } = createSpareBuffers()
    const short = take(10_000)
    give(short)
    expect(take(200_000).buffer).not.toBe(short.buffer)
  })

  test('lie idle up to 4 MiB, and none that is longer than 1 MiB', () => {
    const { take, give } = createSpareBuffers()
    const long = take(MEBIBYTE + 1)
    give(long)
    const lent = Array.from({ length: 6 }, () => take(MEBIBYTE))
    expect(lent.some(({ buffer }) => buffer === long.buffer)).toBe(false)
    lent.forEach(give)
    const known = new Set(lent.map(({ buffer }) => buffer))
    const again = Array.from({ length: 6 }, () => take(MEBIBYTE))
    expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(4)
  })
})
