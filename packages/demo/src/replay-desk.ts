// The Replay desk that a shop reports to: our own, or that of another server of the same shop.
import { closeServer, listen, portOf, serve } from './listening.js'
import { createOrigins, createPublicOrigins, type Origins, type SiteAddress } from './origins.js'
import { createCrawler } from './tracker/crawler.js'
import { createTracker } from './tracker/tracker.js'

export interface ReplayDesk {
  readonly origins: Origins
  /** Where the shop's pages send their beacons: to a port of the shop's own host, or to an origin elsewhere. */
  readonly beaconTarget: { readonly port: number } | { readonly origin: string }
  close(): Promise<void>
}

export interface ReplayDeskSettings {
  readonly host: string
  readonly port: number
  /** The shop as browsers know it. */
  readonly shop: Origins
  /** Where the crawler connects to reach the shop. */
  readonly crawl: SiteAddress
  /** Whether several servers stand behind that address. */
  readonly isFarm: boolean
}

/** A page that is not found may still be on its way to the store of a farm: it is asked for again after each of these. */
const FARM_RETRY_DELAYS_MS = [100, 200, 400, 800]

/** Resolves when Replay desk answers. Rejects with a DemoError when it cannot listen. */
export async function startReplayDesk(settings: ReplayDeskSettings): Promise<ReplayDesk> {
  const { host, port, shop, crawl, isFarm } = settings
  const server = await listen({ host, port, who: 'Replay desk', variable: 'TRACKER_PORT' })
  const origins = createOrigins(host, portOf(server))
  const crawler = createCrawler({ ...crawl, retryDelaysMs: isFarm ? FARM_RETRY_DELAYS_MS : [] })
  const tracker = createTracker({ crawler, shop, own: origins })
  serve(server, tracker.app)
  return {
    origins,
    beaconTarget: { port: portOf(server) },
    async close() {
      tracker.close()
      await closeServer(server)
    },
  }
}

/** The Replay desk that another server runs at `origin`. */
export function referToReplayDesk(origin: string): ReplayDesk {
  return { origins: createPublicOrigins(origin), beaconTarget: { origin }, close: () => Promise.resolve() }
}
