// What became of the pages that this process stored, so that a miss can be explained and a page that nobody came for is
// counted. It knows its own pages alone: another server of a farm may have handed one over.
import type { PageToken } from './page-token.js'
import type { Loss, Miss } from './words.js'

/** Of each kind; the oldest is forgotten first, and asked for later it is `unknown`. */
const MAX_REMEMBERED_PAGES = 10_000

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

/** `onExpired` is told of each page whose time is over and which was not fetched from this process, soon after. */
export function createPageFates(onExpired: () => void): PageFates {
  /** Until when, by a clock that only moves forward; in the order in which they were stored. */
  const waiting = new Map<PageToken, number>()
  const gone = new Map<PageToken, Fate>()
  let timer: NodeJS.Timeout | undefined

  function remember(token: PageToken, fate: Fate): void {
    waiting.delete(token)
    gone.set(token, fate)
    if (gone.size > MAX_REMEMBERED_PAGES) forgetOldest(gone)
  }

  function sweep(): void {
    timer = undefined
    const now = performance.now()
    for (const [token, until] of waiting) {
      if (until > now) {
        timer = setTimeout(sweep, until - now + 1).unref()
        return
      }
      remember(token, 'expired')
      onExpired()
    }
  }

  return {
    stored(token, lifetimeMs) {
      if (waiting.size >= MAX_REMEMBERED_PAGES) forgetOldest(waiting)
      waiting.set(token, performance.now() + lifetimeMs)
      timer ??= setTimeout(sweep, lifetimeMs + 1).unref()
    },
    lost: remember,
    fetched(token, taken) {
      remember(token, taken ? 'taken' : 'stays')
    },
    missOf(token) {
      if (waiting.has(token)) return (waiting.get(token) ?? 0) <= performance.now() ? 'expired' : 'evicted'
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

function forgetOldest(pages: Map<PageToken, unknown>): void {
  const [oldest] = pages.keys()
  if (oldest !== undefined) pages.delete(oldest)
}
