// The demo as a whole: two servers on two origins, Facsimile in the one, the crawler in the other. Of several servers
// behind a balancer each is a shop, and one of them runs the Replay desk for all.
import { isIP } from 'node:net'
import { createFacsimile, type FacsimileSettings } from '@facsimile/express'
import { closeServer, listen, portOf, serve } from './listening.js'
import {
  addressOf,
  connectAddress,
  createOrigins,
  createPublicOrigins,
  type Origins,
  type SiteAddress,
} from './origins.js'
import { referToReplayDesk, startReplayDesk, type ReplayDesk } from './replay-desk.js'
import { createShop } from './shop/shop.js'
import { createSnippets } from './shop/snippets.js'
import { FETCH_PATH } from './tracker/fetch-target.js'

export interface DemoSettings {
  /** Port of the shop; 0 lets the system choose. @default 3000 */
  readonly port?: number
  /** Port of the tracking service; 0 lets the system choose. @default 3001 */
  readonly trackerPort?: number
  /** Name or address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** Where pages wait, as `openCacheProvider` takes it. @default 'memory:' */
  readonly cacheProvider?: string | undefined
  /** The balancer before this server, as browsers know it. @default there is none */
  readonly publicOrigin?: string | undefined
  /** Where the crawler connects. @default publicOrigin, else this server */
  readonly crawlOrigin?: string | undefined
  /** The Replay desk of another server; with it, none is started here. */
  readonly trackerOrigin?: string | undefined
  /** The balancer's addresses, whose X-Forwarded-For counts. @default none */
  readonly trustedProxies?: readonly string[] | undefined
  /** The crawler's addresses. @default this machine's */
  readonly crawlerAddresses?: readonly string[] | undefined
  /** What sessions are signed with; servers with the same one read each other's. @default a random one */
  readonly sessionSecret?: string | undefined
  /** What this server calls itself in the foot of its pages. */
  readonly serverName?: string | undefined
  /** Told of every page that the shop makes: its path, and the text that a recording should have. */
  readonly onPage?: (path: string, page: string) => void
}

export interface Demo {
  readonly shopUrl: string
  readonly trackerUrl: string
  /** Where Facsimile tells whether pages are recorded, and why not. */
  readonly debugUrl: string
  /** Ends every connection and lets the process exit, within 2 seconds. A second call does nothing more. */
  close(): Promise<void>
}

/** The terminal shows what goes wrong with the pages, and nothing else. */
const TROUBLE_LOGGER: FacsimileSettings['logger'] = {
  debug() {},
  info() {},
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
}

const DEBUG_PATH = `${FETCH_PATH}/debug`

/** How long Facsimile may take to finish storing, in milliseconds. */
const FLUSH_MS = 1000

/**
 * Resolves when both servers answer. Rejects with a DemoError, `PORT_IN_USE` or `LISTEN_FAILED`, or with what Facsimile
 * has to say of a setting, and leaves nothing open.
 */
export async function createDemo(settings: DemoSettings = {}): Promise<Demo> {
  const { port = 3000, host = '127.0.0.1', publicOrigin, serverName, sessionSecret, onPage } = settings
  const shopServer = await listen({ host, port, who: 'the shop', variable: 'PORT' })
  const own = { host: connectAddress(host), port: portOf(shopServer) }
  const shop = publicOrigin === undefined ? createOrigins(host, own.port) : createPublicOrigins(publicOrigin)
  let desk: ReplayDesk | undefined
  const closeServers = async () => {
    await Promise.all([closeServer(shopServer), desk?.close()])
  }
  try {
    desk = await openReplayDesk(settings, shop, own)
    const facsimile = createFacsimile(facsimileSettings(settings, desk, own.host))
    serve(
      shopServer,
      createShop({ facsimile: facsimile.middleware, tracker: desk.origins, serverName, sessionSecret, onPage }),
    )
    let closing: Promise<void> | undefined
    return {
      shopUrl: shop.main,
      trackerUrl: desk.origins.main,
      debugUrl: `${shop.main}${DEBUG_PATH}`,
      close: () => (closing ??= closeServers().then(() => facsimile.close(FLUSH_MS))),
    }
  } catch (error) {
    await closeServers()
    throw error
  }
}

function openReplayDesk(settings: DemoSettings, shop: Origins, own: SiteAddress): ReplayDesk | Promise<ReplayDesk> {
  const { trackerPort = 3001, host = '127.0.0.1', publicOrigin, trackerOrigin, crawlOrigin = publicOrigin } = settings
  if (trackerOrigin !== undefined) return referToReplayDesk(trackerOrigin)
  const crawl = crawlOrigin === undefined ? own : addressOf(crawlOrigin)
  return startReplayDesk({ host, port: trackerPort, shop, crawl, isFarm: publicOrigin !== undefined })
}

function facsimileSettings(settings: DemoSettings, desk: ReplayDesk, ownHost: string): FacsimileSettings {
  const { cacheProvider = 'memory:', publicOrigin, trustedProxies = [] } = settings
  // Where it is on this machine, the crawler is seen under the address that it connects to.
  const { crawlerAddresses = ['127.0.0.1', '::1', ...(isIP(ownHost) ? [ownHost] : [])] } = settings
  return {
    snippets: createSnippets(desk.beaconTarget),
    cacheProvider,
    maxCachedPages: 1000,
    fetchPath: FETCH_PATH,
    ...(publicOrigin !== undefined && { fetchUrl: `${publicOrigin}${FETCH_PATH}?t=%CacheToken%` }),
    ...(trustedProxies.length > 0 && {
      clientAddress: { source: 'x-forwarded-for', trustedProxies: [...trustedProxies] },
    }),
    allowedAddresses: [...crawlerAddresses],
    allowDebug: true,
    debugPath: DEBUG_PATH,
    logger: TROUBLE_LOGGER,
  }
}
