// Servers and a client of HTTP/2, whose requests and responses are of other classes than those of HTTP/1.
import { once } from 'node:events'
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import type { Facsimile, Middleware } from '@facsimile/express'

export type Http2Handler = (req: Http2ServerRequest, res: Http2ServerResponse) => unknown

/** The response as the middleware takes it: it has all the methods that are asked for. */
export function asHttp1(res: Http2ServerResponse): Parameters<Facsimile['tokenFor']>[0] {
  return res as unknown as Parameters<Facsimile['tokenFor']>[0]
}

/** Mounts middlewares before a handler, the outermost first. */
export function behind(middlewares: readonly Middleware[], handler: Http2Handler): Http2Handler {
  return (req, res) => {
    const run = (at: number): void => {
      const middleware = middlewares[at]
      if (middleware === undefined) handler(req, res)
      else middleware(req as unknown as Parameters<Middleware>[0], asHttp1(res), () => run(at + 1))
    }
    run(0)
  }
}

const toTakeDown: (() => unknown)[] = []

afterEach(async () => {
  for (const takeDown of toTakeDown.splice(0).reverse()) await takeDown()
})

/** Listens on a free port without encryption, and opens a connection to it; both end with the test. */
export async function serveHttp2(handler: Http2Handler): Promise<ClientHttp2Session> {
  const server = createServer(handler)
  await listenUntilTheEnd(server)
  return connectUntilTheEnd(`http://127.0.0.1:${portOf(server)}`)
}

export async function listenUntilTheEnd(server: Http2Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  toTakeDown.push(() => new Promise((resolve) => server.close(resolve)))
}

export function portOf(server: Http2Server): number {
  return (server.address() as AddressInfo).port
}

export async function connectUntilTheEnd(origin: string, options = {}): Promise<ClientHttp2Session> {
  const client = connect(origin, options)
  toTakeDown.push(() => client.destroy())
  await once(client, 'connect')
  return client
}

export interface Http2Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader
  /** The answers of status 1xx that came before it. */
  readonly informational: readonly (IncomingHttpHeaders & IncomingHttpStatusHeader)[]
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: Buffer
  readonly text: string
}

/** Asks once. Rejects when the stream is reset, and when the answer is not as long as it says. */
export async function askHttp2(
  client: ClientHttp2Session,
  path = '/',
  headers: OutgoingHttpHeaders = {},
): Promise<Http2Reply> {
  return await readReply(client.request({ ':path': path, ...headers }))
}

async function readReply(stream: ClientHttp2Stream): Promise<Http2Reply> {
  const informational: Http2Reply['informational'][number][] = []
  const chunks: Buffer[] = []
  let answer: Http2Reply['headers'] = {}
  let trailers: IncomingHttpHeaders | undefined
  stream.on('headers', (headers) => informational.push(headers))
  stream.on('response', (headers: Http2Reply['headers']) => (answer = headers))
  stream.on('trailers', (headers: IncomingHttpHeaders) => (trailers = headers))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Rejects at an `error`; a stream that is reset without one is told by its code.
  await once(stream, 'close', { signal: AbortSignal.timeout(10_000) })
  const body = Buffer.concat(chunks)
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`The stream was reset with ${stream.rstCode}.`)
  const { ':status': status = 0, 'content-length': length } = answer
  checkLength(body, length)
  return { status, headers: answer, informational, trailers, body, text: body.toString() }
}

function checkLength(body: Buffer, length: string | undefined): void {
  const isWrong = length !== undefined && body.length > 0 && Number(length) !== body.length
  if (isWrong) throw new Error(`The answer has ${body.length} bytes and says ${length}.`)
}
