// The gate before every provider: what close() waits for, and for how long, against the clock.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createOperationGate } from '../../../packages/core/src/providers/operation-gate.js'
import { failureOf } from '../../support/failure-of.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** An operation that ends when the test says so. */
function createOperation() {
  let settle!: { resolve: (value: string) => void; reject: (error: Error) => void }
  const answer = new Promise<string>((resolve, reject) => (settle = { resolve, reject }))
  return { ...settle, run: () => answer }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  void promise.finally(() => (settled = true))
  await jest.advanceTimersByTimeAsync(0)
  return settled
}

test('close() waits for no operation that has ended, in whichever way', async () => {
  const gate = createOperationGate('test')
  const [good, bad] = [createOperation(), createOperation()]
  const answers = [gate.pass(good.run), failureOf(gate.pass(bad.run))]
  good.resolve('done')
  bad.reject(new Error('failed'))
  expect(await Promise.all(answers)).toEqual(['done', new Error('failed')])
  expect(await isSettled(gate.close())).toBe(true)
})

test('close() waits for all operations that are under way', async () => {
  const gate = createOperationGate('test')
  const [first, last] = [createOperation(), createOperation()]
  void gate.pass(first.run)
  void gate.pass(last.run)
  const closing = gate.close()
  first.resolve('done')
  expect(await isSettled(closing)).toBe(false)
  last.resolve('done')
  expect(await isSettled(closing)).toBe(true)
  expect(jest.getTimerCount()).toBe(0)
})

test('close() waits for five seconds at most', async () => {
  const gate = createOperationGate('test')
  void gate.pass(createOperation().run)
  const closing = gate.close()
  await jest.advanceTimersByTimeAsync(4_999)
  expect(await isSettled(closing)).toBe(false)
  await jest.advanceTimersByTimeAsync(1)
  expect(await isSettled(closing)).toBe(true)
})

test('an operation that nobody waits for any more is under way until it ends', async () => {
  const gate = createOperationGate('test')
  const operation = createOperation()
  const controller = new AbortController()
  const answer = failureOf(gate.pass(operation.run, controller.signal))
  controller.abort(new Error('enough'))
  expect(await answer).toEqual(new Error('enough'))
  const closing = gate.close()
  expect(await isSettled(closing)).toBe(false)
  operation.resolve('too late')
  expect(await isSettled(closing)).toBe(true)
})

test('after close() nothing passes', async () => {
  const gate = createOperationGate('test')
  await gate.close()
  expect([gate.isClosed(), gate.admits()]).toEqual([true, false])
  expect(await failureOf(gate.pass(() => 'never'))).toMatchObject({ code: 'PROVIDER_CLOSED' })
})
