// Memory that providers use again: it is lent to one page at a time, and comes back from each.
import { EventEmitter } from 'node:events'
import { expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { createRedisProvider, type RedisClient } from '@facsimile/core/redis'
import { collectGarbage } from '../../support/collect-garbage.js'
import { eventually } from '../../support/eventually.js'
import { failureOf } from '../../support/failure-of.js'
import { samplePage } from './sample-page.js'

test('of pages that a closed memory provider refuses nothing is kept', async () => {
  const provider = createMemoryProvider()
  await provider.close()
  const { body: _body, ...page } = samplePage()
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  for (let time = 0; time < 40; time++) {
    const sink = provider.openSink!()
    sink.add(megabyte)
    expect(await failureOf(sink.store(createPageToken(), page)!)).toMatchObject({ code: 'PROVIDER_CLOSED' })
  }
  collectGarbage()
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * megabyte.length)
})

/** A client of Redis whose SETs are answered when the test says so. */
function slowClient() {
  const sets: { readonly value: Buffer; readonly answer: () => void }[] = []
  const methods = {
    status: 'ready',
    set: (_key: string, value: Buffer) => new Promise((resolve) => sets.push({ value, answer: () => resolve('OK') })),
    connect: () => Promise.resolve(),
    getBuffer: () => Promise.resolve(null),
    getdelBuffer: () => Promise.resolve(null),
    pexpire: () => Promise.resolve(1),
    del: () => Promise.resolve(0),
  }
  return { sets, client: Object.assign(new EventEmitter(), methods) as unknown as RedisClient }
}

test('the memory of a record belongs to its page until Redis has answered, and then to the next', async () => {
  const { sets, client } = slowClient()
  const provider = createRedisProvider({ client })
  const store = async () => {
    const known = sets.length
    const storing = provider.store(createPageToken(), samplePage())
    await eventually('the command has been given', () => sets.length > known)
    return { storing, ...sets[known]! }
  }
  const first = await store()
  const bytes = Buffer.from(first.value)
  const second = await store()
  expect(second.value.buffer).not.toBe(first.value.buffer)
  expect(first.value.equals(bytes)).toBe(true)
  first.answer()
  await first.storing
  const third = await store()
  expect(third.value.buffer).toBe(first.value.buffer)
  second.answer()
  third.answer()
  await Promise.all([second.storing, third.storing])
  await provider.close()
})
