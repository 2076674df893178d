// Everything that the debug page shows, gathered: as JSON for programs, and for the views.
import type { AddressExplanation, CacheProvider, Settings } from '@facsimile/core'
import type { Inspection, Inspector } from '../inspection.js'
import type { Request } from '../http-types.js'
import type { SettingsState } from '../live-settings.js'
import { headersOf } from '../own-request.js'
import type { Watches } from '../watches.js'
import { createAtOnce } from './at-once.js'
import { createBriefMemory } from './brief-memory.js'
import { checkCrawler } from './checks/crawler-check.js'
import { checkFetcher } from './checks/fetcher-check.js'
import { checkPage } from './checks/page-checks.js'
import { checkRobots } from './checks/robots-check.js'
import { checkSettings, checkSharing } from './checks/settings-checks.js'
import { checkRoom, checkStore } from './checks/store-check.js'
import { checkViewer } from './checks/viewer-checks.js'
import type { EventLog } from './event-log.js'
import { reportEvents, type EventsReport } from './events-report.js'
import type { OwnFetches } from './own-fetches.js'
import { createQuietRequest } from './quiet-request.js'
import { isFromElsewhere } from './same-origin.js'
import { createSecretMask } from './secret-mask.js'
import { reportSettings, type SettingsReport } from './settings-report.js'
import { askUsage } from './store-usage.js'
import { shownHeaders } from './shown-headers.js'
import { readTypedPath } from './typed-path.js'
import { unknown, worstFirst, type Verdict } from './verdict.js'
import { reportViewer, type ViewerReport } from './viewer-report.js'

/** So that whoever loads the page again and again makes the server ask itself no more often. */
const REMEMBERED_MS = 10_000
/** Pages that the server asks itself for at once, for all viewers: each may be long and take its time. */
const MAX_AT_ONCE = 4
const BUSY = 'The server asks itself for other pages at this moment: ask again in a few seconds.'
const LED_HERE = 'Another site has led you here. Press Explain to have the page asked for with your cookies.'
const NOT_ASKED_FOR = unknown('The front page was not asked for: too much is asked at this moment.', 'Ask again later.')

export interface DebugReport {
  /** Milliseconds since 1970, by this server's clock. */
  readonly at: number
  /** The worst first. */
  readonly verdicts: readonly Verdict[]
  readonly you: ViewerReport
  /** The page whose path was typed. */
  readonly explained: ExplainedPage | undefined
  readonly events: EventsReport
  readonly settings: SettingsReport
}

export type ExplainedPage =
  | { readonly typed: string; readonly refusal: string }
  | { readonly inspection: Inspection; readonly verdicts: readonly Verdict[] }

export interface ReporterParts {
  readonly inspector: Inspector
  readonly watches: Watches
  readonly log: EventLog
  readonly ownFetches: OwnFetches
  readonly provider: () => CacheProvider | undefined
  readonly state: () => SettingsState
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Answers within some 10 seconds, whatever fails. `query` is that of the request. */
export type Reporter = (req: Request, query: string) => Promise<DebugReport>

/** For one version of the settings. */
export function createReporter(
  settings: Settings,
  explain: (req: Request) => AddressExplanation,
  { inspector, watches, log, ownFetches, provider, state, now }: ReporterParts,
): Reporter {
  const memory = createBriefMemory(REMEMBERED_MS)
  const atOnce = createAtOnce(MAX_AT_ONCE)
  const ask = createQuietRequest(watches)
  const mask = createSecretMask(settings)

  /** As this viewer gets it: nobody is told of the page of another one. */
  const recallFor = <T>(req: Request, what: string, ask: () => Promise<T>) =>
    memory.recall(JSON.stringify([what, req.socket.remoteAddress, headersOf(req)]), ask)

  const inspect = (req: Request, path: string) => atOnce(() => inspector.inspect(req, path))

  async function explainPage(req: Request, query: string): Promise<ExplainedPage | undefined> {
    const typed = readTypedPath(query, settings)
    if (typed === undefined || 'refusal' in typed) return typed
    // A GET with the viewer's cookies, which the application would take for one that the viewer typed.
    if (isFromElsewhere(req)) return { typed: typed.path, refusal: LED_HERE }
    const inspection = await inspect(req, typed.path)
    if (inspection === undefined) return { typed: typed.path, refusal: BUSY }
    const verdicts = worstFirst(checkPage(inspection, settings, now()))
    return { inspection: { ...inspection, headers: shownHeaders(inspection.headers) }, verdicts }
  }

  return async function report(req, query) {
    const address = explain(req)
    const [front, explained, storeVerdicts, ...checked] = await Promise.all([
      recallFor(req, 'page', () => inspect(req, '/')),
      explainPage(req, query),
      memory.recall('store', () => checkStore(provider(), settings)),
      recallFor(req, 'fetcher', () => checkFetcher(req, settings, ownFetches.createToken(), ask)),
      recallFor(req, 'robots', () => checkRobots(req, settings, ownFetches.createToken(), ask)),
    ])
    // After the pages that were tried above, which have gone again by now.
    const usage = await memory.recall('usage', () => askUsage(provider(), settings))
    return mask({
      at: now(),
      verdicts: worstFirst([
        ...storeVerdicts,
        ...(front === undefined ? [NOT_ASKED_FOR] : checkPage(front, settings, now())),
        ...verdictsOf(explained),
        ...checked.flat(),
        ...checkCrawler(log.tally, settings),
        ...checkSettings(settings, state()),
        ...checkSharing(provider()),
        ...checkRoom(usage),
        ...checkViewer(req, address, settings),
      ]),
      you: reportViewer(req, address, settings),
      explained,
      events: reportEvents(log),
      settings: reportSettings(settings, state(), provider(), usage),
    })
  }
}

/** What is wrong with the page that was typed stands among the rest; that it is well, only beside it. */
function verdictsOf(explained: ExplainedPage | undefined): readonly Verdict[] {
  if (explained === undefined || 'refusal' in explained || explained.inspection.path === '/') return []
  return explained.verdicts.filter(({ level }) => level === 'fault' || level === 'warning')
}
