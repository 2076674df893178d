// Pages that were promised and are not in the cache yet: still being sent to the visitor, or being stored. A crawler
// that is quicker than both waits here.
import { FacsimileError } from './errors.js'
import type { PageToken } from './page-token.js'

/** A promise that nobody keeps costs its place for a while, and never the memory of the process. */
const MAX_EXPECTED_PAGES = 10_000

export interface PageArrivals {
  /** The page of `token` is on its way. */
  expect: (token: PageToken) => void
  /** It has arrived or never will; whoever waits goes on. */
  settle: (token: PageToken) => void
  /** Resolves as soon as the page is not on its way any more; rejects with `PROVIDER_TIMEOUT` after `timeoutMs`. */
  wait: (token: PageToken, timeoutMs: number) => Promise<void>
}

export function createPageArrivals(): PageArrivals {
  /** Most pages arrive before anybody asks for them, and need no list of those who wait. */
  const expected = new Map<PageToken, Set<() => void> | undefined>()

  function settle(token: PageToken): void {
    const waiting = expected.get(token)
    expected.delete(token)
    waiting?.forEach((wake) => wake())
  }

  return {
    settle,
    expect(token) {
      if (expected.has(token)) return
      if (expected.size >= MAX_EXPECTED_PAGES) {
        const [oldest] = expected.keys()
        if (oldest !== undefined) settle(oldest)
      }
      expected.set(token, undefined)
    },
    async wait(token, timeoutMs) {
      if (!expected.has(token)) return
      const waiting = expected.get(token) ?? new Set()
      expected.set(token, waiting)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(wake)
          reject(new FacsimileError('PROVIDER_TIMEOUT', describeDelay(timeoutMs)))
        }, timeoutMs).unref()
        const wake = () => {
          clearTimeout(timer)
          resolve()
        }
        waiting.add(wake)
      })
    },
  }
}

function describeDelay(timeoutMs: number): string {
  return `The page was not in the cache after ${timeoutMs} ms: it is still being sent to the visitor or being stored; ask again later.`
}
