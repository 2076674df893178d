// The demo as a whole: two servers on two origins, Facsimile in the one, the crawler in the other.
import { isIP } from 'node:net'
import { createFacsimile } from '@facsimile/express'
import { closeServer, listen, portOf, serve } from './listening.js'
import { connectAddress, createOrigins } from './origins.js'
import { createShop } from './shop/shop.js'
import { createSnippets } from './shop/snippets.js'
import { createCrawler } from './tracker/crawler.js'
import { FETCH_PATH } from './tracker/fetch-target.js'
import { createTracker } from './tracker/tracker.js'

export interface DemoSettings {
  /** Port of the shop; 0 lets the system choose. @default 3000 */
  readonly port?: number
  /** Port of the tracking service; 0 lets the system choose. @default 3001 */
  readonly trackerPort?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Told of every page that the shop makes: its path, and the text that a recording should have. */
  readonly onPage?: (path: string, page: string) => void
}

export interface Demo {
  readonly shopUrl: string
  readonly trackerUrl: string
  /** Ends every connection and lets the process exit, within 2 seconds. A second call does nothing more. */
  close(): Promise<void>
}

/** How long Facsimile may take to finish storing, in milliseconds. */
const FLUSH_MS = 1000

/** Resolves when both servers answer. Rejects with a DemoError, `PORT_IN_USE` or `LISTEN_FAILED`, and leaves nothing open. */
export async function createDemo(settings: DemoSettings = {}): Promise<Demo> {
  const { port = 3000, trackerPort = 3001, host = '127.0.0.1', onPage } = settings
  const shopServer = await listen({ host, port, who: 'the shop', variable: 'PORT' })
  const trackerServer = await listen({ host, port: trackerPort, who: 'Replay desk', variable: 'TRACKER_PORT' }).catch(
    async (error: unknown) => {
      await closeServer(shopServer)
      throw error
    },
  )

  const shop = createOrigins(host, portOf(shopServer))
  const own = createOrigins(host, portOf(trackerServer))
  const shopHost = connectAddress(host)
  const facsimile = createFacsimile({
    snippets: createSnippets(portOf(trackerServer)),
    cacheProvider: 'memory:',
    maxCachedPages: 1000,
    fetchPath: FETCH_PATH,
    // The crawler is on this machine, and seen under the address that it connects to.
    allowedAddresses: ['127.0.0.1', '::1', ...(isIP(shopHost) ? [shopHost] : [])],
  })
  const tracker = createTracker({ crawler: createCrawler({ host: shopHost, port: portOf(shopServer) }), shop, own })
  serve(shopServer, createShop({ facsimile: facsimile.middleware, tracker: own, onPage }))
  serve(trackerServer, tracker.app)

  let closing: Promise<void> | undefined
  return {
    shopUrl: shop.main,
    trackerUrl: own.main,
    close() {
      closing ??= (async () => {
        tracker.close()
        await Promise.all([closeServer(shopServer), closeServer(trackerServer)])
        await facsimile.close(FLUSH_MS)
      })()
      return closing
    },
  }
}
