// Asks the own server within this process, as the viewer's browser would: for the debug page.
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import { FacsimileError } from '@facsimile/core'
import { hostOf, type Request } from './http-types.js'
import { connectWithin } from './own-connection.js'

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

/** What belongs to the viewer's connection, to this very request or to what it comes from; all else is the viewer's own. */
const NOT_OF_THE_VIEWER = new RegExp(
  `^(?:${[
    ':.*|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade.*|expect|content-.*',
    'accept|accept-encoding|if-.*|range|cache-control|pragma|last-event-id|origin|referer|sec-fetch-.*|sec-purpose|purpose',
  ].join('|')})$`,
)
const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
])

/**
 * Sends GET to the server that answers `viewer`, over a connection within this process. Rejects with `PROVIDER_TIMEOUT`
 * after `timeoutMs`, with `PAGE_TOO_LARGE`, and with what the connection or the answer failed for.
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

/** The headers of the viewer by which an answer is made out for this one: the same for all that the viewer asks. */
export function headersOf(viewer: Request): OutgoingHttpHeaders {
  const own = Object.entries(viewer.headers).filter(([name]) => !NOT_OF_THE_VIEWER.test(name))
  return { ...Object.fromEntries(own), host: hostOf(viewer) ?? 'localhost' }
}

function send(viewer: Request, { path, headers }: OwnQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  const connection = connectWithin(viewer)
  const options = {
    path,
    signal,
    createConnection: () => connection,
    headers: {
      ...headersOf(viewer),
      connection: 'close',
      accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
      'accept-encoding': 'gzip, br',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': 'none',
      ...headers,
    },
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(options)
    request.once('response', resolve)
    request.on('error', reject)
    request.end()
  })
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
