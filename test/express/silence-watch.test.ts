// How long a response must be silent before what it holds back is let go, against the clock.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { unwatchSilence, watchSilence } from '../../packages/express/src/silence-watch.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

test('a listener is told once, not before 250 ms and not after 300 ms of silence', () => {
  const listener = { onSilence: jest.fn() }
  watchSilence(listener)
  jest.advanceTimersByTime(249)
  expect(listener.onSilence).not.toHaveBeenCalled()
  jest.advanceTimersByTime(51)
  expect(listener.onSilence).toHaveBeenCalledTimes(1)
  jest.advanceTimersByTime(1_000)
  expect(listener.onSilence).toHaveBeenCalledTimes(1)
})

test('every sign of life begins the silence anew, and who has stopped waiting is not told', () => {
  const [busy, gone] = [{ onSilence: jest.fn() }, { onSilence: jest.fn() }]
  watchSilence(gone)
  for (let time = 0; time < 5; time++) {
    watchSilence(busy)
    jest.advanceTimersByTime(200)
    unwatchSilence(gone)
  }
  expect(busy.onSilence).not.toHaveBeenCalled()
  expect(gone.onSilence).not.toHaveBeenCalled()
  jest.advanceTimersByTime(100)
  expect(busy.onSilence).toHaveBeenCalledTimes(1)
})

test('the clock stands still while nobody waits', () => {
  watchSilence({ onSilence: jest.fn() })
  expect(jest.getTimerCount()).toBe(1)
  jest.advanceTimersByTime(400)
  expect(jest.getTimerCount()).toBe(0)
})
