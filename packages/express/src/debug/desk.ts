// Answers whoever asks for the debug page under one version of the settings, when their address is allowed.
import { createAddressExplainer, explain, type AddressGuard, type Settings } from '@facsimile/core'
import { targetOf, urlOf, type Request, type Response } from '../http-types.js'
import { createInspector } from '../inspection.js'
import type { Answer } from '../own-answer.js'
import { cameFromWithin } from '../own-connection.js'
import { answerOf, json, page, said } from './answers.js'
import { readAsset } from './assets.js'
import type { DebugPageParts } from './debug-page.js'
import type { EventLog } from './event-log.js'
import { createEventStreams, EVENT_STREAM } from './event-streams.js'
import { reportEvents } from './events-report.js'
import { setOptOut } from './opt-out.js'
import type { OwnFetches } from './own-fetches.js'
import { createReporter } from './report.js'
import { startRoundTrip } from './round-trip.js'
import { isAction, routeOf } from './routes.js'
import { isSameOrigin } from './same-origin.js'
import { liveView } from './views/events-view.js'
import { debugPage, frame } from './views/layout.js'
import { roundTripView } from './views/round-trip-view.js'

export interface DeskParts extends DebugPageParts {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly log: EventLog
  readonly ownFetches: OwnFetches
}

export interface Desk {
  /** `undefined` for an answer that comes by and by. */
  answer(req: Request, res: Response): Promise<Answer | undefined>
  /** Ends the streams of events. */
  close(): void
}

export function openDesk(parts: DeskParts): Desk {
  const { settings, guard, log, logger, ownFetches, stores, now } = parts
  const { allowedAddresses, clientAddress, debugPath } = settings
  const explainAddress = createAddressExplainer({ ...clientAddress, allowedAddresses })
  const report = createReporter(settings, explainAddress, {
    ...parts,
    inspector: createInspector(parts),
    provider: () => stores.provider,
  })
  const streams = createEventStreams(log)

  async function tryRoundTrip(req: Request): Promise<Answer> {
    const trip = await startRoundTrip(settings, ownFetches.createToken(), stores, now)
    if (/\bapplication\/json\b/.test(req.headers.accept ?? '')) return json(trip)
    return page(frame('Round trip', debugPath, roundTripView(trip, debugPath)))
  }

  return {
    async answer(req, res) {
      if (cameFromWithin(req)) return said(508, 'The debug page does not look at itself.')
      const verdict = guard(req)
      if (!verdict.allowed) {
        const { clientAddress: address, reason } = verdict
        logger.info(
          { clientAddress: address, reason },
          `The debug page refused an address. ${explain('refused', reason)}`,
        )
        // Never the address: behind a proxy it may be the proxy's, which is no stranger's business.
        return said(403, `Refused (${reason}): ${explain('refused', reason)} The log of the server names the address.`)
      }
      const { path, query } = targetOf(urlOf(req))
      const route = routeOf(path, debugPath) ?? ''
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
          return page(debugPage(await report(req, query), debugPath))
        case 'status.json':
          return json(await report(req, query))
        case 'style.css':
        case 'script.js': {
          const { contentType, body } = await readAsset(route)
          return answerOf(body, contentType)
        }
        case 'events':
          if (req.method === 'HEAD') return answerOf('', EVENT_STREAM)
          streams.open(req, res)
          return undefined
        case 'live':
          return page(liveView(reportEvents(log)))
        case 'clock':
          return answerOf(String(now()), 'text/plain; charset=utf-8')
        case 'opt-out':
          return setOptOut(req, query, settings)
        case 'round-trip':
          return tryRoundTrip(req)
      }
    },
    close: () => streams.closeAll(),
  }
}
