// What became of the pages that this process stored, so that a miss can be explained and a page that nobody came for is
// counted. It knows its own pages alone: another server of a farm may have handed one over.
import type { PageToken } from './page-token.js'
import type { Loss, Miss } from './words.js'

/** Of each kind; the oldest is forgotten first, and asked for later it is `unknown`. */
const MAX_REMEMBERED_PAGES = 10_000
const SWEEP_TOGETHER_MS = 250

/** For a page that could not be stored, the reason. */
type Fate = 'taken' | 'stays' | 'expired' | Loss

export interface PageFates {
  /** The page of `token` is in the store, for `lifetimeMs` from now. */
  stored: (token: PageToken, lifetimeMs: number) => void
  /** It left with its token, and could not be stored. */
  lost: (token: PageToken, reason: Loss) => void
  /** It was handed over, and `taken` or left where it is. */
  fetched: (token: PageToken, taken: boolean) => void
  /** Why the store has no such page. */
  missOf: (token: PageToken) => Miss
  lossOf: (token: PageToken) => Loss | undefined
  /** Stops counting; the process can exit in any case. */
  close: () => void
}

/** `onExpired` is told of each page whose time is over and which was not fetched from this process, within a second. */
export function createPageFates(onExpired: () => void): PageFates {
  /** Until when, by a clock that only moves forward; in the order in which they were stored. */
  const waiting = new OldestFirst<number>()
  const gone = new OldestFirst<Fate>()
  let timer: NodeJS.Timeout | undefined

  function remember(token: PageToken, fate: Fate): void {
    waiting.delete(token)
    gone.set(token, fate)
  }

  function sweep(): void {
    timer = undefined
    const now = performance.now()
    for (let oldest = waiting.oldest; oldest !== undefined; oldest = waiting.oldest) {
      const [token, until] = oldest
      if (until > now) {
        sweepLater(until - now)
        return
      }
      remember(token, 'expired')
      onExpired()
    }
  }

  /** A little later than the first expires, so that many are swept together. */
  function sweepLater(lifetimeMs: number): void {
    timer ??= setTimeout(sweep, lifetimeMs + SWEEP_TOGETHER_MS).unref()
  }

  return {
    stored(token, lifetimeMs) {
      waiting.set(token, performance.now() + lifetimeMs)
      sweepLater(lifetimeMs)
    },
    lost: remember,
    fetched(token, taken) {
      remember(token, taken ? 'taken' : 'stays')
    },
    missOf(token) {
      const until = waiting.get(token)
      if (until !== undefined) return until <= performance.now() ? 'expired' : 'evicted'
      const fate = gone.get(token)
      if (fate === undefined) return 'unknown'
      if (fate === 'taken') return 'taken'
      return fate === 'stays' || fate === 'expired' ? 'expired' : 'lost'
    },
    lossOf(token) {
      const fate = gone.get(token)
      return fate === 'taken' || fate === 'stays' || fate === 'expired' ? undefined : fate
    },
    close() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/**
 * A bounded map that knows its oldest entry. A map is slow to begin at its start where much has been deleted there, so one
 * walk goes on from where it was.
 */
class OldestFirst<Value> {
  readonly #entries = new Map<PageToken, Value>()
  #walk = this.#entries.entries()
  #oldest: [PageToken, Value] | undefined

  get(token: PageToken): Value | undefined {
    return this.#entries.get(token)
  }

  delete(token: PageToken): void {
    this.#entries.delete(token)
  }

  /** The oldest entry of too many goes. */
  set(token: PageToken, value: Value): void {
    this.#entries.set(token, value)
    if (this.#entries.size <= MAX_REMEMBERED_PAGES) return
    const [oldest] = this.oldest ?? []
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  get oldest(): [PageToken, Value] | undefined {
    while (this.#oldest === undefined || this.#entries.get(this.#oldest[0]) !== this.#oldest[1]) {
      if (this.#entries.size === 0) return undefined
      const { value, done } = this.#walk.next()
      // Whoever has come to the end hears of no entry that is set later.
      if (done === true) this.#walk = this.#entries.entries()
      this.#oldest = value
    }
    return this.#oldest
  }
}
