// A farm for the length of a test: two server processes, the balancer in front, a visitor and the service's crawler.
import { createHash } from 'node:crypto'
import type { FacsimileSettings } from '@facsimile/express'
import { ask, type Reply } from '../../express/support/http-client.js'
import { fetchUrlIn } from '../../express/support/site.js'
import { SERVER_COOKIE, startBalancer } from './farm-balancer.js'
import { startFarmServer, type FarmServer, type FarmServerOptions } from './farm-server.js'

const VISITOR = '127.0.0.2'
const CRAWLER = '127.0.0.3'
const DEADLINE_MS = 15_000
const COOKIES = '#CTFetchCookies='

export interface Farm {
  readonly a: FarmServer
  readonly b: FarmServer
  /** A page that the balancer gets for a visitor of the server `name`. */
  visit(name: 'a' | 'b', path: string): Promise<Reply>
  /** What the crawler gets where the page sends it, with the cookies that the page tells or without any. */
  crawl(page: Reply, options?: { withoutCookies: boolean }): Promise<Reply>
}

/** Starts a farm whose servers have these settings, and stops it when `use` has ended. */
export async function withFarm(
  settings: FacsimileSettings,
  { hasDirectHost = false }: Pick<FarmServerOptions, 'hasDirectHost'>,
  use: (farm: Farm) => Promise<void>,
): Promise<void> {
  const ends: (() => Promise<void>)[] = []
  const startServer = async (name: string) => {
    const options = { name, hasDirectHost, settings: { ...settings, allowedAddresses: [CRAWLER] } }
    const server = await startFarmServer(options)
    ends.unshift(() => server.stop())
    return server
  }
  try {
    const [a, b] = [await startServer('a'), await startServer('b')]
    const balancer = await startBalancer({ a: a.port, b: b.port })
    ends.unshift(() => balancer.stop())
    await use({
      a,
      b,
      visit: (name, path) => get(balancer.port, path, VISITOR, `theme=dark; ${SERVER_COOKIE}=${name}`),
      crawl(page, { withoutCookies } = { withoutCookies: false }) {
        const url = fetchUrlOf(page, balancer.port)
        return get(Number(url.port), url.pathname + url.search, CRAWLER, withoutCookies ? '' : cookiesIn(url))
      },
    })
  } finally {
    await endAll(ends)
  }
}

/** Ends everything, whatever fails on the way, and rejects with the first failure. */
async function endAll(ends: readonly (() => Promise<void>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(ends.map((end) => end()))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** Where `page` sends the crawler: to the host that it came from, unless it names another. */
export function fetchUrlOf(page: Reply, port: number): URL {
  return new URL(fetchUrlIn(page), `http://127.0.0.1:${port}`)
}

/** The server that answered, and what: `b 200`. */
export function answerOf({ status, headers }: Reply): string {
  return `${String(headers['farm-server'])} ${status}`
}

/** Whether `copy` has byte for byte what the application had produced for `page`. */
export function isExactCopy(copy: Reply, page: Reply): boolean {
  const digest = createHash('sha256').update(copy.body).digest('hex')
  return digest === page.headers['produced-digest'] && copy.headers['content-type'] === page.headers['content-type']
}

function cookiesIn({ hash }: URL): string {
  return hash.startsWith(COOKIES) ? decodeURIComponent(hash.slice(COOKIES.length)) : ''
}

function get(port: number, path: string, from: string, cookie: string): Promise<Reply> {
  const headers = cookie === '' ? {} : { Cookie: cookie }
  return ask(port, path, { from, headers, signal: AbortSignal.timeout(DEADLINE_MS) })
}
