// Callers that stop waiting: told why, nothing consumed before the start, no torn page after it.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { createPageToken } from '../../page-token.js'
import type { ConformanceCase } from '../conformance-case.js'
import { assertMissing, assertSamePage, pageOf, samplePage, storeNew } from '../sample-page.js'

const REASON = new Error('the caller has stopped waiting')
const SPENT = AbortSignal.abort(REASON)

/** After so many turns of the event loop the call is cancelled; between them they meet every step of an operation. */
const TURNS = Array.from({ length: 30 }, (_, turns) => turns)

export const CANCELLATION_CASES: readonly ConformanceCase[] = [
  {
    name: 'stores nothing when the signal has aborted already, and rejects with its reason',
    async run({ open }) {
      const provider = await open()
      const token = createPageToken()
      await rejectsWithReason(provider.store(token, samplePage(), { signal: SPENT }))
      await assertMissing(provider, token)
    },
  },
  {
    name: 'takes nothing when the signal of a pull has aborted already, and rejects with its reason',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const token = await storeNew(provider, page)
      await rejectsWithReason(provider.pull(token, { signal: SPENT }))
      assertSamePage(await provider.pull(token), page)
    },
  },
  {
    name: 'rejects a peek with the reason of a signal that has aborted already',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      await rejectsWithReason(provider.peek(token, { signal: SPENT }))
    },
  },
  {
    name: 'keeps a whole page or none when a store is cancelled under way',
    async run({ open }) {
      const provider = await open()
      const page = pageOf(100_000, 0x61)
      for (const turns of TURNS) {
        const token = createPageToken()
        const caller = new AbortController()
        const stored = outcomeOf(provider.store(token, page, { signal: caller.signal }))
        await cancelAfter(turns, caller)
        const outcome = await stored
        const left = await provider.pull(token)
        if (left) assertSamePage(left, page)
        if (!outcome.rejected) assert.ok(left, 'a store that resolved has kept nothing')
        await provider.remove(token)
      }
    },
  },
  {
    name: 'hands out a whole page at most once when a pull is cancelled under way',
    async run({ open }) {
      const provider = await open()
      const page = pageOf(100_000, 0x62)
      for (const turns of TURNS) {
        const token = await storeNew(provider, page)
        const caller = new AbortController()
        const pulled = outcomeOf(provider.pull(token, { signal: caller.signal }))
        await cancelAfter(turns, caller)
        const outcome = await pulled
        if (!outcome.rejected) assertSamePage(outcome.value, page)
        const left = await provider.pull(token)
        if (left) assertSamePage(left, page)
        assert.ok(outcome.rejected || !left, 'the page was handed out twice')
      }
    },
  },
  {
    name: 'leaves no listener on a signal that never aborts',
    async run({ open }) {
      const provider = await open()
      const { signal } = new AbortController()
      const token = createPageToken()
      for (let times = 0; times < 20; times++) {
        await provider.store(token, samplePage(), { signal })
        await provider.peek(token, { signal })
        await provider.pull(token, { signal })
      }
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    },
  },
  {
    name: 'does as it was asked when the signal aborts afterwards',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const token = createPageToken()
      const caller = new AbortController()
      await provider.store(token, page, { signal: caller.signal })
      caller.abort(REASON)
      assertSamePage(await provider.pull(token), page)
    },
  },
]

async function cancelAfter(turns: number, caller: AbortController): Promise<void> {
  for (let done = 0; done < turns; done++) await turn()
  caller.abort(REASON)
}

type Outcome<T> = { readonly rejected: false; readonly value: T } | { readonly rejected: true }

/** How a call ended; any rejection but the signal's own reason fails the case. */
async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { rejected: false, value: await call }
  } catch (error) {
    assert.equal(error, REASON, 'rejects with something else than the reason of the signal')
    return { rejected: true }
  }
}

async function rejectsWithReason(call: Promise<unknown>): Promise<void> {
  assert.ok((await outcomeOf(call)).rejected, 'resolves although its signal has aborted')
}
