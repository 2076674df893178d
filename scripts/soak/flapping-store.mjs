// A cache provider around another one that dies and returns, each time in another way.
import { setTimeout as delay } from 'node:timers/promises'

/** Later than Facsimile waits for a store. */
const LATE_MS = 2_500
const FAULTS = ['hangs', 'throws', 'late', 'refuses']
const REST_POLL_MS = 20

/** What the store is like in the `number`th period: well in every other one. */
export function conditionIn(number) {
  return number % 2 === 0 ? 'well' : FAULTS[((number - 1) / 2) % FAULTS.length]
}

/**
 * `{ provider, rest(), resume(), hang(), openBodies(), seen }`: `rest` ends the faults, waits for late answers and empties the store, so
 * that what is in it is in no figure; after `hang` no call is answered; `openBodies` tells how many bodies it was given in part,
 * and is not told the fate of; `seen` counts the calls by the condition that they
 * met.
 */
export function createFlappingStore(inner, periodMs) {
  const startedAt = performance.now()
  const seen = {}
  const tokens = new Set()
  let fixed
  let late = 0
  let openBodies = 0

  function condition() {
    return fixed ?? conditionIn(Math.floor((performance.now() - startedAt) / periodMs))
  }

  /** `giveUp` is called in place of `act` where the call never comes to the store. */
  function pass(act, giveUp = () => {}) {
    const met = condition()
    seen[met] = (seen[met] ?? 0) + 1
    if (met === 'well') return act()
    if (met === 'late') return actLate(act)
    giveUp()
    if (met === 'throws') throw new Error('The store is broken.')
    if (met === 'refuses') return Promise.reject(new Error('The store is down.'))
    return new Promise(() => {})
  }

  async function actLate(act) {
    late++
    try {
      await delay(LATE_MS, undefined, { ref: false })
      return await act()
    } finally {
      late--
    }
  }

  function openSink() {
    const sink = inner.openSink()
    openBodies++
    return {
      add(bytes) {
        if (condition() === 'throws') throw new Error('The store takes no bytes.')
        sink.add(bytes)
      },
      discard() {
        openBodies--
        sink.discard()
      },
      store(token, page) {
        openBodies--
        tokens.add(token)
        // Without the signal: a store that is late knows nothing of those who have stopped waiting.
        return pass(
          () => sink.store(token, page),
          () => sink.discard(),
        )
      },
    }
  }

  const provider = {
    name: 'flapping',
    openSink,
    store: (token, page) => pass(() => (tokens.add(token), inner.store(token, page))),
    pull: (token) => pass(() => (tokens.delete(token), inner.pull(token))),
    peek: (token) => pass(() => inner.peek(token)),
    remove: (token) => pass(() => inner.remove(token)),
    check: () => inner.check(),
    close: () => inner.close(),
  }

  return {
    provider,
    seen,
    openBodies: () => openBodies,
    async rest() {
      fixed = 'well'
      while (late > 0) await delay(REST_POLL_MS)
      for (const token of tokens) await inner.remove(token)
      tokens.clear()
    },
    resume() {
      fixed = undefined
    },
    hang() {
      fixed = 'hangs'
    },
  }
}
