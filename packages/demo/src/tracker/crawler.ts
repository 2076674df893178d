// The crawler: plain requests to the shop and to nothing else, with a deadline and a bound, without cookies.
import { createHash } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { PageToken } from '@facsimile/core'
import { FETCH_PATH } from './fetch-target.js'

/** An answer of the shop. */
export interface Fetched {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  /** The paths that were asked for, one after the other; more than one when the shop redirected. */
  readonly trail: readonly string[]
  /** The server of a farm that answered, where it says so in `Served-By`. */
  readonly servedBy: string | undefined
  /** Whether the body is what the answer's `Repr-Digest` promised; `undefined` without such a header. */
  readonly digestMatches: boolean | undefined
  /** Method and status of the page itself, from `Facsimile-Page`. */
  readonly page: { readonly method: string; readonly status: number } | undefined
}

/** What came of a request: an answer, or a sentence on why there is none. */
export type FetchResult = Fetched | { readonly failure: string }

export interface Crawler {
  /** Takes the copy that waits under `token`; patiently: one that is not found is asked for again. Never rejects. */
  fetchCopy(token: PageToken, options?: { readonly isPatient?: boolean }): Promise<FetchResult>
  /** Asks for a page like any anonymous crawler, and follows up to 3 redirects within the shop. Never rejects. */
  fetchAnonymously(path: string): Promise<FetchResult>
  /** Ends every request under way. */
  close(): void
}

export interface CrawlerSettings {
  /** Where to connect. No beacon has a say in it. */
  readonly host: string
  readonly port: number
  /** For one request with its redirects, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** @default 2_097_152 (2 MiB) */
  readonly maxBytes?: number
  /** The pauses before each time that a patient crawler asks again, in milliseconds. @default none */
  readonly retryDelaysMs?: readonly number[]
}

const MAX_REDIRECTS = 3

export function createCrawler(settings: CrawlerSettings): Crawler {
  const { host, port, timeoutMs = 5000, maxBytes = 2_097_152, retryDelaysMs = [] } = settings
  const closing = new AbortController()
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`

  async function ask(path: string, trail: readonly string[], signal: AbortSignal): Promise<Fetched> {
    const headers = {
      accept: 'text/html',
      'accept-encoding': 'identity',
      'user-agent': 'ReplayDesk/1.0 (stand-in crawler)',
    }
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      // The listener stays: an abort while the body comes is an error of the request as well.
      request({ host, port, path, headers, agent: false, signal }).on('response', resolve).on('error', reject).end()
    })
    const body = await readBody(incoming, maxBytes)
    return {
      status: incoming.statusCode ?? 0,
      contentType: incoming.headers['content-type'] ?? '',
      body,
      trail: [...trail, path],
      servedBy: incoming.headers['served-by']?.toString(),
      digestMatches: compareDigest(body, incoming.headers['repr-digest']),
      page: parsePageHeader(incoming.headers['facsimile-page']),
      ...redirectTarget(incoming, origin, path),
    }
  }

  async function follow(path: string, redirects: number): Promise<FetchResult> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)])
    try {
      let answer: Fetched & { next?: string } = await ask(path, [], signal)
      for (let count = 0; answer.next !== undefined && count < redirects; count++) {
        answer = await ask(answer.next, answer.trail, signal)
      }
      return answer
    } catch (error) {
      if (closing.signal.aborted) return { failure: 'Replay desk is closing' }
      if (signal.aborted) return { failure: `no answer within ${timeoutMs} ms` }
      return { failure: error instanceof Error ? error.message : String(error) }
    }
  }

  /** A copy that one server of a farm has made may reach the others a moment later. */
  async function fetchCopy(token: PageToken, { isPatient = false } = {}): Promise<FetchResult> {
    const path = `${FETCH_PATH}?t=${token}`
    let result = await follow(path, 0)
    for (const delayMs of isPatient ? retryDelaysMs : []) {
      if (closing.signal.aborted || !('status' in result) || result.status !== 404) break
      await delay(delayMs, undefined, { ref: false })
      result = await follow(path, 0)
    }
    return result
  }

  return {
    fetchCopy,
    fetchAnonymously: (path) => follow(path, MAX_REDIRECTS),
    close: () => closing.abort(),
  }
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The path to ask next, when the answer redirects to another place within the shop. */
function redirectTarget(incoming: IncomingMessage, origin: string, path: string): { next?: string } {
  const { location } = incoming.headers
  const base = origin + path
  if (!location || (incoming.statusCode ?? 0) < 300 || (incoming.statusCode ?? 0) >= 400) return {}
  const target = URL.canParse(location, base) ? new URL(location, base) : undefined
  return target?.origin === origin ? { next: target.pathname + target.search } : {}
}

/** `Repr-Digest: sha-256=:…:` of RFC 9530. */
function compareDigest(body: Buffer, header: string | string[] | undefined): boolean | undefined {
  const promised = /(?:^|,)\s*sha-256=:([^:]*):/.exec(String(header ?? ''))?.[1]
  return promised === undefined ? undefined : promised === createHash('sha256').update(body).digest('base64')
}

/** `Facsimile-Page: status=200, method=POST, …` */
function parsePageHeader(header: string | string[] | undefined): Fetched['page'] {
  const text = String(header ?? '')
  const status = /(?:^|,\s*)status=(\d{3})\b/.exec(text)?.[1]
  const method = /(?:^|,\s*)method=([A-Z]+)\b/.exec(text)?.[1]
  return status && method ? { method, status: Number(status) } : undefined
}
