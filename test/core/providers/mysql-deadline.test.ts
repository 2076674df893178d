// The time that one call to a database has, against the clock.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { startDeadline } from '../../../packages/core/src/providers/mysql/deadline.js'
import { failureOf } from '../../support/failure-of.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

type Done = (error: Error | null, answer: string) => void

test('all answers of a call share its time', async () => {
  const deadline = startDeadline(100)
  const soon = (done: Done) => void setTimeout(() => done(null, 'soon'), 60)
  const answers: string[] = []
  const asked = (async () => {
    answers.push(await deadline.answer(soon, () => answers.push('given up')))
    answers.push((await failureOf(deadline.answer(soon, () => answers.push('given up')))).message)
  })()
  await jest.advanceTimersByTimeAsync(100)
  await asked
  expect(answers).toEqual(['soon', 'given up', 'no answer within 100 ms'])
})

test('when the time is over nothing more is begun', async () => {
  const deadline = startDeadline(100)
  jest.advanceTimersByTime(100)
  const seen: string[] = []
  const answer = deadline.answer<string>(
    () => seen.push('begun'),
    () => seen.push('given up'),
  )
  expect(await failureOf(answer)).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
  expect(seen).toEqual(['given up'])
})

test('an answer that comes too late is handed over to be dealt with, a failure that comes too late is not', async () => {
  const deadline = startDeadline(100)
  const late: string[] = []
  const finish: Done[] = []
  for (let time = 0; time < 2; time++) {
    const answer = failureOf(
      deadline.answer<string>(
        (done) => finish.push(done),
        () => undefined,
        (connection) => late.push(connection),
      ),
    )
    jest.advanceTimersByTime(100)
    expect(await answer).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
  }
  expect(finish).toHaveLength(1) // the second was not begun
  finish[0]!(null, 'a connection')
  expect(late).toEqual(['a connection'])
})

test('a deadline that has ended gives nothing up, and leaves no timer', () => {
  const deadline = startDeadline(100)
  deadline.end()
  expect(jest.getTimerCount()).toBe(0)
})
