// Asks the own server over the loopback, as a visitor's browser would: for the debug page.
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import { FacsimileError } from '@facsimile/core'
import { hostOf, type Request } from './http-types.js'

export interface OwnAnswer {
  readonly status: number
  /** In small letters; lines of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>
  /** Decoded. */
  readonly body: Buffer
}

export interface OwnQuestion {
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly timeoutMs: number
  /** Of the body, before and after decoding. */
  readonly maxBytes: number
}

/** The viewer's own, so that the answer is the one that the viewer would get. */
const OF_THE_VIEWER = [
  'cookie',
  'sec-gpc',
  'dnt',
  'user-agent',
  'accept-language',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
]
const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
])

/**
 * Sends GET to the server that answers `viewer`, at the address and port where it came in. Rejects with
 * `PROVIDER_TIMEOUT` after `timeoutMs`, and with what the connection or the answer failed for.
 */
export async function askOwnServer(viewer: Request, question: OwnQuestion): Promise<OwnAnswer> {
  const signal = AbortSignal.timeout(question.timeoutMs)
  try {
    const response = await send(viewer, question, signal)
    const body = await readBody(response, question.maxBytes)
    const headers = Object.fromEntries(
      Object.entries(response.headersDistinct).map(([name, lines = []]) => [name, lines.join(', ')]),
    )
    return { status: response.statusCode ?? 0, headers, body: await decode(body, headers, question.maxBytes) }
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new FacsimileError(
      'PROVIDER_TIMEOUT',
      `The own server gave no complete answer for ${question.path} within ${question.timeoutMs} ms.`,
      { cause },
    )
  }
}

function send(viewer: Request, { path, headers }: OwnQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  const { localAddress, localPort, encrypted } = viewer.socket as Partial<TLSSocket>
  if (localAddress === undefined || localPort === undefined) {
    throw new FacsimileError(
      'PROVIDER_FAILED',
      'The request came over a Unix socket, and the own server cannot be asked there: listen on a TCP port.',
    )
  }
  const host = hostOf(viewer) ?? 'localhost'
  const visitor = Object.fromEntries(
    OF_THE_VIEWER.flatMap((name) => (viewer.headers[name] === undefined ? [] : [[name, viewer.headers[name]]])),
  ) as OutgoingHttpHeaders
  const options = {
    host: localAddress,
    port: localPort,
    path,
    signal,
    agent: false,
    headers: {
      ...visitor,
      host,
      accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
      'accept-encoding': 'gzip, br',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': 'none',
      ...headers,
    },
  }
  return new Promise((resolve, reject) => {
    const request =
      encrypted === true
        ? // To the own port of this machine, whose certificate is made out for another name.
          httpsRequest({ ...options, servername: nameOf(host), rejectUnauthorized: false })
        : httpRequest(options)
    request.once('response', resolve)
    request.on('error', reject)
    request.end()
  })
}

/** What of a Host header a certificate can be made out for; an address is no name (RFC 6066, 3). */
function nameOf(host: string): string {
  const name = host.replace(/:\d+$/, '')
  return /[a-z]/i.test(name) && !name.includes(':') ? name : ''
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > maxBytes) throw new FacsimileError('PAGE_TOO_LARGE', `The answer is longer than ${maxBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function decode(body: Buffer, headers: Readonly<Record<string, string>>, maxOutputLength: number): Promise<Buffer> {
  const coding = (headers['content-encoding'] ?? '').toLowerCase()
  if (coding === '' || coding === 'identity') return Promise.resolve(body)
  const decoder = DECODERS.get(coding)
  if (decoder !== undefined) return decoder(body, { maxOutputLength })
  throw new FacsimileError(
    'PROVIDER_FAILED',
    `The answer is coded as ${JSON.stringify(coding)}, which was not asked for.`,
  )
}
