// One HTTP request: one connection, one deadline, one bound on the body, no redirects.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib'
import { failure, reasonOf } from '../failure.js'
import { InsideAddressError, insideAddressIn, lookupPublicOnly } from './public-address.js'
import { showUrl } from './shown-url.js'

/** What every request of one call has in common. */
export interface RequestBounds {
  /** For the whole of the request, up to the last byte of the body. */
  readonly timeoutMs: number
  /** Of the body, before and after decoding. */
  readonly maxBytes: number
  /** Certificates, in PEM, of authorities to trust beside those that Node knows. */
  readonly ca?: Buffer | undefined
}

export interface HttpQuestion extends RequestBounds {
  /** http or https, without user name and password. */
  readonly url: URL
  /** How messages call the URL, where it holds a secret. */
  readonly shownUrl?: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Buffer
  /** Connect to public addresses alone. */
  readonly publicOnly: boolean
  /** The server to connect to in place of the one that the URL names, which stays in Host and in TLS. */
  readonly via?: ServerAddress | undefined
}

export interface ServerAddress {
  readonly host: string
  /** @default that of the URL */
  readonly port?: number | undefined
}

export interface HttpAnswer {
  readonly url: URL
  readonly status: number
  readonly statusText: string
  /** In small letters; lines of the same name joined by ", ". */
  readonly headers: ReadonlyMap<string, string>
  readonly setCookies: readonly string[]
  /** As it came, perhaps compressed. */
  readonly rawBody: Buffer
  readonly body: Buffer
  /** When the request left, by the clock of this machine in Unix milliseconds. */
  readonly sentAt: number
  readonly elapsedMs: number
  readonly remoteAddress: string
}

type HttpErrorLike = NodeJS.ErrnoException & { errors?: readonly Error[] }

const inflateWrapped = promisify<Buffer, ZlibOptions, Buffer>(inflate)
const inflateBare = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  // Some send it without the frame that the standard asks for, whose first byte names the method 8.
  [
    'deflate',
    (bytes: Buffer, options: ZlibOptions) =>
      (((bytes[0] ?? 8) & 15) === 8 ? inflateWrapped : inflateBare)(bytes, options),
  ],
  ['br', promisify(brotliDecompress)],
])

const NOT_HTTP_1 =
  'The server does not answer in HTTP/1.1, which proxies and this command speak. Is it the right port, and does it take HTTP/2 alone?'

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Is the server running, and is the port right?',
  ENOTFOUND: 'The name is unknown. Check its spelling and that this machine can resolve it.',
  ECONNRESET: 'The server closed the connection before its answer was complete. Its log may say why.',
  EPROTO: 'The server does not speak TLS at this port. Try http:// in place of https://.',
}

/** Rejects with a failure that names the URL and a remedy. */
export async function sendRequest(question: HttpQuestion): Promise<HttpAnswer> {
  const shown = question.shownUrl ?? showUrl(question.url)
  const signal = AbortSignal.timeout(question.timeoutMs)
  try {
    return await exchange(question, signal)
  } catch (cause) {
    if (signal.aborted) {
      throw failure(
        `no complete answer from ${shown} within ${question.timeoutMs / 1000} s`,
        'Raise --timeout when the page may take so long.',
        { cause },
      )
    }
    if (cause instanceof TooLongError) {
      throw failure(
        `the answer from ${shown} is longer than ${question.maxBytes} bytes`,
        'Raise --max-bytes when the page may be so long.',
        { cause },
      )
    }
    throw failure(`cannot get ${shown}: ${describe(cause as HttpErrorLike)}`, remedyFor(cause as HttpErrorLike), {
      cause,
    })
  }
}

async function exchange(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const inside = question.publicOnly ? insideAddressIn(question.url) : undefined
  if (inside !== undefined) throw new InsideAddressError(question.url.hostname, inside)
  const sentAt = Date.now()
  const startedAt = performance.now()
  const response = await startRequest(question, signal)
  const remoteAddress = response.socket.remoteAddress ?? ''
  const rawBody = await readBody(response, question.maxBytes)
  const elapsedMs = performance.now() - startedAt
  const headers = new Map(
    Object.entries(response.headersDistinct).map(([name, lines = []]) => [name, lines.join(', ')]),
  )
  const body = await decode(rawBody, headers.get('content-encoding') ?? '', question.maxBytes)
  return {
    url: question.url,
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers,
    setCookies: response.headers['set-cookie'] ?? [],
    rawBody,
    body,
    sentAt,
    elapsedMs,
    remoteAddress,
  }
}

function startRequest(
  { url, method, headers, body, publicOnly, ca, via }: HttpQuestion,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) }
    const request = send(url, {
      method,
      headers: { ...headers, ...length, ...(via === undefined ? {} : { host: url.host }) },
      signal,
      agent: false,
      ...(via === undefined ? {} : connectionTo(via, url)),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ...(publicOnly ? { lookup: lookupPublicOnly } : {}),
    })
    request.once('response', resolve)
    request.on('error', reject)
    request.end(body)
  })
}

/** The name in the certificate is still that of the URL; an address is none that TLS could ask for. */
function connectionTo({ host, port }: ServerAddress, { hostname, port: ownPort }: URL) {
  const name = hostname.replace(/^\[|\]$/g, '')
  return {
    hostname: host,
    ...(port === undefined ? { port: ownPort } : { port }),
    ...(isIP(name) === 0 ? { servername: name } : {}),
  }
}

class TooLongError extends Error {}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  // Leaving the loop destroys the response and its socket.
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > maxBytes) throw new TooLongError()
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The body without its content codings, the last of which is undone first. */
async function decode(body: Buffer, codings: string, maxBytes: number): Promise<Buffer> {
  let decoded = body
  for (const coding of codings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .reverse()) {
    if (coding === '' || coding === 'identity') continue
    const decoder = DECODERS.get(coding)
    if (decoder === undefined) throw new Error(`its content coding ${JSON.stringify(coding)} is unknown here`)
    decoded = await decoder(decoded, { maxOutputLength: maxBytes }).catch((cause: unknown) => {
      throw (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLongError() : cause
    })
  }
  return decoded
}

/** With several addresses to try, Node reports one error for each, and an empty message around them. */
function describe(error: HttpErrorLike): string {
  return error.errors === undefined ? reasonOf(error) : error.errors.map(reasonOf).join('; ')
}

function remedyFor(error: HttpErrorLike): string {
  if (error instanceof InsideAddressError) {
    return 'A page on the internet should not lead into your network. Add --allow-private if you know that it should.'
  }
  const code = error.code ?? ''
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code))
    return 'The certificate is not trusted. Give the authority that signed it with --ca <file>.'
  if (code.startsWith('HPE_')) return NOT_HTTP_1
  return REMEDIES[code] ?? 'Check the address, and that the server answers this machine.'
}
