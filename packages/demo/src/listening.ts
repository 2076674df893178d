// Opening and closing an HTTP server: clear words when a port cannot be had, and an end that no open connection delays.
import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { DemoError } from './demo-error.js'

export interface Place {
  readonly host: string
  readonly port: number
  /** Who wants to listen, for the error: `the shop`. */
  readonly who: string
  /** The environment variable that moves it. */
  readonly variable: string
}

/**
 * Resolves with a server that listens and answers 503 until `serve` gives it its application: each site has to know the
 * other one's port first. Rejects with `PORT_IN_USE` or `LISTEN_FAILED`.
 */
export async function listen(place: Place): Promise<Server> {
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, (_req, res) => {
    res.writeHead(503, { 'Retry-After': '1' }).end('Starting.\n')
  })
  server.listen(place.port, place.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw asDemoError(place, cause)
  }
  return server
}

/** From now on `app` answers. */
export function serve(server: Server, app: RequestListener): void {
  server.removeAllListeners('request').on('request', app)
}

/** The port that `server` listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Answers under way get `graceMs` milliseconds to finish; then every connection is cut. */
export async function closeServer(server: Server, graceMs = 300): Promise<void> {
  if (!server.listening) return
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await new Promise((resolve) => {
    server.close(resolve)
  })
  clearTimeout(cut)
}

function asDemoError({ host, port, who, variable }: Place, cause: unknown): DemoError {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') {
    return new DemoError(
      'PORT_IN_USE',
      `Port ${port} on ${host} is in use already, so ${who} cannot start. Stop the program that uses it, or choose another port: ${variable}=${freeLookingPort(port)} npm start`,
      { cause },
    )
  }
  return new DemoError(
    'LISTEN_FAILED',
    `${who} cannot listen on ${host}, port ${port} (${code ?? String(cause)}). Choose an address of this machine with HOST and a port from 1024 with ${variable}.`,
    { cause },
  )
}

function freeLookingPort(port: number): number {
  return port + 10 <= 65_535 ? port + 10 : port - 10
}
