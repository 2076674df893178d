// The lane: a few at a time, the others in order, and nobody waits who does not want to any more.
import { describe, expect, test } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { createWorkLane } from '../../../packages/core/src/at-rest/work-lane.js'

/** Work that ends when it is told to, and the order in which it began. */
function createWorks() {
  const begun: number[] = []
  const endings = new Map<number, { end: () => void; fail: (error: Error) => void }>()
  return {
    begun,
    work: (index: number) => () =>
      new Promise<number>((resolve, reject) => {
        begun.push(index)
        endings.set(index, { end: () => resolve(index), fail: reject })
      }),
    end: (index: number) => endings.get(index)?.end(),
    fail: (index: number, error: Error) => endings.get(index)?.fail(error),
  }
}

describe('a lane of four places', () => {
  test('runs four at a time and lets the others in as they came', async () => {
    const lane = createWorkLane(4)
    const works = createWorks()
    const answers = [0, 1, 2, 3, 4, 5, 6].map((index) => lane.run(works.work(index)))
    await turn()
    expect(works.begun).toEqual([0, 1, 2, 3])
    works.end(2)
    await turn()
    expect(works.begun).toEqual([0, 1, 2, 3, 4])
    works.end(0)
    works.end(4)
    await turn()
    expect(works.begun).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (const index of [1, 3, 5, 6]) works.end(index)
    expect(await Promise.all(answers)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('gives the place of failed work to the next', async () => {
    const lane = createWorkLane(1)
    const works = createWorks()
    const first = lane.run(works.work(0))
    const second = lane.run(works.work(1))
    await turn()
    works.fail(0, new Error('no memory'))
    await expect(first).rejects.toThrow('no memory')
    await turn()
    works.end(1)
    expect(await second).toBe(1)
    const thrown = lane.run(() => {
      throw new Error('at once')
    })
    await expect(thrown).rejects.toThrow('at once')
    const third = lane.run(works.work(2))
    await turn()
    expect(works.begun).toEqual([0, 1, 2])
    works.end(2)
    await third
  })

  test('lets a caller go who has stopped waiting, and never begins that work', async () => {
    const lane = createWorkLane(1)
    const works = createWorks()
    const caller = new AbortController()
    const reason = new Error('enough')
    const first = lane.run(works.work(0))
    const second = lane.run(works.work(1), caller.signal)
    const third = lane.run(works.work(2))
    caller.abort(reason)
    await expect(second).rejects.toBe(reason)
    works.end(0)
    await first
    await turn()
    works.end(2)
    await third
    expect(works.begun).toEqual([0, 2])
    await expect(lane.run(works.work(3), caller.signal)).rejects.toBe(reason)
    expect(works.begun).toEqual([0, 2])
  })

  test('does not begin work whose caller stops waiting as it gets the place, and hands the place on', async () => {
    const lane = createWorkLane(1)
    const works = createWorks()
    const caller = new AbortController()
    const reason = new Error('enough')
    const first = lane.run(works.work(0))
    const second = lane.run(works.work(1), caller.signal)
    await turn()
    works.end(0)
    await first
    caller.abort(reason)
    await expect(second).rejects.toBe(reason)
    const third = lane.run(works.work(2))
    await turn()
    works.end(2)
    expect(await third).toBe(2)
    expect(works.begun).toEqual([0, 2])
  })

  test('leaves no listener on a signal', async () => {
    const lane = createWorkLane(1)
    const works = createWorks()
    const { signal } = new AbortController()
    const answers = [0, 1, 2].map((index) => lane.run(works.work(index), signal))
    for (const index of [0, 1, 2]) {
      await turn()
      works.end(index)
    }
    await Promise.all(answers)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('lets a thousand wait, and refuses the next', async () => {
    const lane = createWorkLane(1)
    const works = createWorks()
    const answers = Array.from({ length: 1_001 }, (_, index) => lane.run(works.work(index)))
    await turn()
    await expect(lane.run(works.work(1_001))).rejects.toMatchObject({ code: 'PROVIDER_OVERLOADED' })
    for (let index = 0; index <= 1_000; index++) {
      works.end(index)
      await answers[index]
      await turn()
    }
    expect(works.begun).toHaveLength(1_001)
  })
})
