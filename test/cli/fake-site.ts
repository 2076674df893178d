// A site as Facsimile makes it, without Facsimile: pages with snippets in them, and a fetcher that hands each copy out once.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPageToken } from '@facsimile/core'

interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeSite {
  readonly origin: string
  /** Every request so far, in order. */
  readonly seen: SeenRequest[]
  /** Stores a copy, which may hold its own token, and answers the token. */
  readonly keep: (body: string | ((token: string) => string)) => string
  readonly close: () => Promise<void>
}

export type Handler = (request: SeenRequest, response: ServerResponse, site: FakeSite) => void

export interface FakeSiteOptions {
  readonly fetchPath?: string
  /** What the fetcher says in place of 200 or 404. */
  readonly fetcherStatus?: number
  readonly fetcherHeaders?: Record<string, string>
}

export async function startSite(page: Handler, options: FakeSiteOptions = {}): Promise<FakeSite> {
  const copies = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body: Buffer.concat(parts).toString() }
      site.seen.push(seen)
      if (url.startsWith(`${options.fetchPath ?? '/facsimile'}?t=`)) answerCrawler(seen, response, copies, options)
      else page(seen, response, site)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const site: FakeSite = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    keep(body) {
      const token = createPageToken()
      copies.set(token, Buffer.from(typeof body === 'string' ? body : body(token)))
      return token
    },
    close: () => closeServer(server),
  }
  return site
}

export function sendPage(
  response: ServerResponse,
  body: string | Buffer,
  contentType = 'text/html; charset=utf-8',
): void {
  response.setHeader('Content-Type', contentType)
  response.end(body)
}

function answerCrawler(
  { method, url }: SeenRequest,
  response: ServerResponse,
  copies: Map<string, Buffer>,
  { fetcherStatus, fetcherHeaders = {} }: FakeSiteOptions,
): void {
  response.setHeader('Cache-Control', 'no-store')
  if (fetcherStatus !== undefined) {
    response.writeHead(fetcherStatus, fetcherHeaders).end('no\n')
    return
  }
  const token = new URL(url, 'http://site.invalid').searchParams.get('t') ?? ''
  const copy = copies.get(token)
  if (copy === undefined) {
    response.writeHead(404).end('Not found.\n')
    return
  }
  if (method === 'GET') copies.delete(token)
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Repr-Digest': `sha-256=:${createHash('sha256').update(copy).digest('base64')}:`,
    'Facsimile-Page': 'status=200, method=GET, captured=@1764000000',
    ...fetcherHeaders,
  })
  response.end(method === 'HEAD' ? undefined : copy)
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
