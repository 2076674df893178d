// The debug page's door: knows its paths, notes the events while it is on, and loads all else when it is first asked for.
import { explain, type AddressGuard, type EventSource, type Logger, type Settings } from '@facsimile/core'
import type { Generation } from '../generation.js'
import type { Request, Response } from '../http-types.js'
import type { SettingsState } from '../live-settings.js'
import { shareHiddenClasses } from '../object-layout.js'
import { plainAnswer, sendAnswer } from '../own-answer.js'
import type { PageStores } from '../page-stores.js'
import type { Watches } from '../watches.js'
import type { Desk } from './desk.js'
import { createEventLog, type EventLog } from './event-log.js'
import { createOwnFetches } from './own-fetches.js'
import { isBelow } from './routes.js'

export interface DebugPageParts {
  readonly logger: Logger
  readonly events: EventSource
  readonly stores: PageStores
  readonly watches: Watches
  /** What is in force. */
  readonly current: () => Generation
  readonly state: () => SettingsState
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface DebugPage {
  /** From now on these settings decide. */
  use(settings: Settings, guard: AddressGuard): void
  /** Whether the target is the debug page's, which it is not while `allowDebug` is off. */
  answersTo(requestUrl: string): boolean
  /** Whether the target asks the fetcher for a page that the debug page itself tries. */
  isOwnFetch(requestUrl: string): boolean
  /** For a request whose target `answersTo`. */
  answer(req: Request, res: Response): void
  close(): void
}

/** One version of the settings. */
interface Opening {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly log: EventLog
  /** Once somebody has asked. */
  desk?: Desk
}

export function createDebugPage(parts: DebugPageParts): DebugPage {
  const { logger, events, now } = parts
  const ownFetches = createOwnFetches()
  let opening: Opening | undefined
  let log: EventLog | undefined
  let hasWarned = false

  function warnOfProduction(): void {
    if (hasWarned || process.env['NODE_ENV'] !== 'production') return
    hasWarned = true
    logger.warn(
      {},
      'allowDebug is on in production: allowed addresses see the settings and what happens. Switch it off when the fault is found.',
    )
  }

  function open(settings: Settings, guard: AddressGuard): Opening {
    warnOfProduction()
    if (settings.allowedAddresses.length === 0)
      logger.warn({}, `The debug page is on, and nobody may see it. ${explain('refused', 'allowlist-empty')}`)
    log ??= createEventLog(now)
    events.listen(log.note)
    return { settings, guard, log }
  }

  async function answer(req: Request, res: Response): Promise<void> {
    const { openDesk } = await import('./desk.js')
    if (opening === undefined) {
      sendAnswer(res, plainAnswer(404, 'The debug page has been switched off.'))
      return
    }
    opening.desk ??= openDesk({ ...parts, ...opening, ownFetches })
    const found = await opening.desk.answer(req, res)
    if (found !== undefined) sendAnswer(res, found)
  }

  function fail(res: Response, error: unknown): void {
    logger.error({ err: error }, 'The debug page failed.')
    try {
      sendAnswer(res, plainAnswer(500, 'The debug page failed. The log of the server tells why.'))
    } catch {
      // Half an answer, or a response that takes none: its client is told by the end of the connection.
      res.destroy()
    }
  }

  function fallSilent(): void {
    opening?.desk?.close()
    events.listen(undefined)
  }

  return {
    use(settings, guard) {
      fallSilent()
      opening = settings.allowDebug ? open(settings, guard) : undefined
    },
    answersTo: (requestUrl) => opening !== undefined && isBelow(requestUrl, opening.settings.debugPath),
    isOwnFetch: (requestUrl) => opening !== undefined && ownFetches.has(requestUrl),
    answer(req, res) {
      shareHiddenClasses(req, res)
      answer(req, res).catch((error: unknown) => fail(res, error))
    },
    close: fallSilent,
  }
}
