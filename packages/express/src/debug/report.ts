// Everything that the debug page shows, gathered: as JSON for programs, and for the views.
import type { AddressExplanation, CacheProvider, Settings } from '@facsimile/core'
import type { Inspection, Inspector } from '../inspection.js'
import type { Request } from '../http-types.js'
import type { SettingsState } from '../live-settings.js'
import { headersOf } from '../own-request.js'
import type { Watches } from '../watches.js'
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
import { createSecretMask } from './secret-mask.js'
import { reportSettings, type SettingsReport } from './settings-report.js'
import { askUsage } from './store-usage.js'
import { readTypedPath } from './typed-path.js'
import { worstFirst, type Verdict } from './verdict.js'
import { reportViewer, type ViewerReport } from './viewer-report.js'

/** So that whoever loads the page again and again makes the server ask itself no more often. */
const REMEMBERED_MS = 10_000

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
  const ask = createQuietRequest(watches)
  const mask = createSecretMask(settings)

  /** As this viewer gets it: nobody is told of the page of another one. */
  const recallFor = <T>(req: Request, what: string, ask: () => Promise<T>) =>
    memory.recall(JSON.stringify([what, req.socket.remoteAddress, headersOf(req)]), ask)

  async function explainPage(req: Request, query: string): Promise<ExplainedPage | undefined> {
    const typed = readTypedPath(query)
    if (typed === undefined || 'refusal' in typed) return typed
    const inspection = await inspector.inspect(req, typed.path)
    return { inspection, verdicts: worstFirst(checkPage(inspection, settings, now())) }
  }

  return async function report(req, query) {
    const address = explain(req)
    const [front, explained, storeVerdicts, ...checked] = await Promise.all([
      recallFor(req, 'page', () => inspector.inspect(req, '/')),
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
        ...checkPage(front, settings, now()),
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
