// The debug page: answers below `debugPath` for those whose address is allowed, while `allowDebug` is on.
import {
  createAddressExplainer,
  explain,
  type AddressGuard,
  type EventSource,
  type Logger,
  type Settings,
} from '@facsimile/core'
import { targetOf, urlOf, type Request, type Response } from '../http-types.js'
import type { Inspector } from '../inspection.js'
import type { SettingsState } from '../live-settings.js'
import { shareHiddenClasses } from '../object-layout.js'
import { sendAnswer, type Answer } from '../own-answer.js'
import type { PageStores } from '../page-stores.js'
import type { Watches } from '../watches.js'
import { answerOf, json, page, said } from './answers.js'
import { readAsset } from './assets.js'
import { createEventLog, type EventLog } from './event-log.js'
import { createEventStreams, EVENT_STREAM, type EventStreams } from './event-streams.js'
import { reportEvents } from './events-report.js'
import { setOptOut } from './opt-out.js'
import { createOwnFetches } from './own-fetches.js'
import { createReporter, type Reporter } from './report.js'
import { startRoundTrip } from './round-trip.js'
import { isAction, isBelow, routeOf } from './routes.js'
import { isSameOrigin } from './same-origin.js'
import { liveView } from './views/events-view.js'
import { debugPage, frame } from './views/layout.js'
import { roundTripView } from './views/round-trip-view.js'

export interface DebugPageParts {
  readonly logger: Logger
  readonly events: EventSource
  readonly stores: PageStores
  readonly inspector: Inspector
  readonly watches: Watches
  /** Of the settings in force. */
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

/** One version of the settings, with what was made of it. */
interface Desk {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly report: Reporter
}

export function createDebugPage({ logger, events, stores, inspector, watches, state, now }: DebugPageParts): DebugPage {
  const ownFetches = createOwnFetches()
  let desk: Desk | undefined
  let log: EventLog | undefined
  let streams: EventStreams | undefined
  let hasWarned = false

  function warnOfProduction(): void {
    if (hasWarned || process.env['NODE_ENV'] !== 'production') return
    hasWarned = true
    logger.warn(
      {},
      'allowDebug is on in production: allowed addresses see the settings and what happens. Switch it off when the fault is found.',
    )
  }

  function open(settings: Settings, guard: AddressGuard): Desk {
    warnOfProduction()
    if (settings.allowedAddresses.length === 0)
      logger.warn({}, `The debug page is on, and nobody may see it. ${explain('refused', 'allowlist-empty')}`)
    log ??= createEventLog(now)
    streams ??= createEventStreams(log)
    events.listen(log.note)
    const explainAddress = createAddressExplainer({
      ...settings.clientAddress,
      allowedAddresses: settings.allowedAddresses,
    })
    const parts = { inspector, watches, log, ownFetches, provider: () => stores.provider, state, now }
    return { settings, guard, report: createReporter(settings, explainAddress, parts) }
  }

  /** `undefined` for an answer that comes by and by. */
  async function answer(req: Request, res: Response, { settings, guard, report }: Desk): Promise<Answer | undefined> {
    const verdict = guard(req)
    if (!verdict.allowed) {
      const { clientAddress, reason } = verdict
      logger.info({ clientAddress, reason }, `The debug page refused an address. ${explain('refused', reason)}`)
      // Never the address: behind a proxy it may be the proxy's, which is no stranger's business.
      return said(403, `Refused (${reason}): ${explain('refused', reason)} The log of the server names the address.`)
    }
    const { path, query } = targetOf(urlOf(req))
    const route = routeOf(path, settings.debugPath) ?? ''
    const isPost = isAction(route)
    const methods = isPost ? ['POST'] : ['GET', 'HEAD']
    if (!methods.includes(req.method ?? '')) {
      return said(405, `Only ${methods.join(' and ')} ${isPost ? 'is' : 'are'} answered here.`, {
        Allow: methods.join(', '),
      })
    }
    if (isPost && !isSameOrigin(req)) return said(403, 'This must be asked for from the debug page itself.')
    switch (route) {
      case '':
        if (new URLSearchParams(query).has('json')) return json(await report(req, query))
        return page(debugPage(await report(req, query), settings.debugPath))
      case 'status.json':
        return json(await report(req, query))
      case 'style.css':
      case 'script.js': {
        const { contentType, body } = await readAsset(route)
        return answerOf(body, contentType)
      }
      case 'events':
        if (req.method === 'HEAD' || streams === undefined) return answerOf('', EVENT_STREAM)
        streams.open(req, res)
        return undefined
      case 'live':
        return page(liveView(reportEvents(log ?? createEventLog(now))))
      case 'clock':
        return answerOf(String(now()), 'text/plain; charset=utf-8')
      case 'opt-out':
        return setOptOut(req, query, settings)
      case 'round-trip':
        return tryRoundTrip(req, settings)
    }
  }

  async function tryRoundTrip(req: Request, settings: Settings): Promise<Answer> {
    const trip = await startRoundTrip(settings, ownFetches.createToken(), stores, now)
    if (/\bapplication\/json\b/.test(req.headers.accept ?? '')) return json(trip)
    const { debugPath } = settings
    return page(frame('Round trip', debugPath, roundTripView(trip, debugPath)))
  }

  return {
    use(settings, guard) {
      streams?.closeAll()
      if (!settings.allowDebug) events.listen(undefined)
      desk = settings.allowDebug ? open(settings, guard) : undefined
    },
    answersTo: (requestUrl) => desk !== undefined && isBelow(requestUrl, desk.settings.debugPath),
    isOwnFetch: (requestUrl) => desk !== undefined && ownFetches.has(requestUrl),
    answer(req, res) {
      if (desk === undefined) return
      shareHiddenClasses(req, res)
      answer(req, res, desk)
        .then((found) => found && sendAnswer(res, found))
        .catch((error: unknown) => {
          logger.error({ err: error }, 'The debug page failed.')
          res.destroy()
        })
    },
    close() {
      events.listen(undefined)
      streams?.closeAll()
    },
  }
}
