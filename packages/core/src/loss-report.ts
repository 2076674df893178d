// Counts lost pages and says so in the log at once, then at most once a minute.
import type { EventSource, StoredPageFacts } from './events.js'
import type { Logger } from './logger.js'
import { explain, type Loss } from './words.js'

const QUIET_MS = 60_000

export interface LossReport {
  /** Counts one page; `error` is the reason that the provider gave. */
  add(reason: Loss, page: StoredPageFacts, error?: unknown): void
  /** Writes what was counted since the last line, if anything. */
  flush(): void
}

export function createLossReport(logger: Logger, events: EventSource): LossReport {
  const now = () => performance.now()
  let unreported = new Map<Loss, number>()
  let lastError: unknown
  let quietUntil = -Infinity
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (unreported.size === 0) return
    const remedies = [...unreported.keys()].map((reason) => explain('not stored', reason))
    const pages = [...unreported.values()].reduce((sum, count) => sum + count, 0)
    logger.warn(
      { lost: Object.fromEntries(unreported), err: lastError },
      `${pages} ${pages === 1 ? 'page was' : 'pages were'} not stored. ${remedies.join(' ')}`,
    )
    unreported = new Map()
    lastError = undefined
    quietUntil = now() + QUIET_MS
  }

  return {
    add(reason, page, error) {
      events.publish('facsimile:lost', () => ({ reason, ...page, error }))
      unreported.set(reason, (unreported.get(reason) ?? 0) + 1)
      if (error !== undefined) lastError = error
      const wait = quietUntil - now()
      if (wait <= 0) flush()
      else timer ??= setTimeout(flush, wait).unref()
    },
    flush,
  }
}
