// A connection to the server that a request came to, within this process: with several workers on one port, a connection
// by the network may end in another one, which knows nothing of what is asked here.
import type { EventEmitter } from 'node:events'
import { duplexPair, type Duplex } from 'node:stream'
import { FacsimileError } from '@facsimile/core'
import type { Request } from './http-types.js'

/** Whose connection it is: the application sees the viewer's, so that nobody gains by having the server ask itself. */
const OF_THE_VIEWER = ['remoteAddress', 'remoteFamily', 'remotePort', 'localAddress', 'localFamily', 'localPort']
const OF_THE_VIEWERS_TLS = [
  ...['encrypted', 'authorized', 'authorizationError', 'servername'],
  ...['getPeerCertificate', 'getPeerX509Certificate', 'getCipher', 'getProtocol'],
]
/** What applications do with sockets; here there is nothing to be set. */
const OF_A_SOCKET = ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref']

/** The servers' ends of those that are open. */
const ends = new WeakSet<object>()

/** Whether the server asks itself by this request: whoever would ask it again for that would never come to an end. */
export function cameFromWithin({ socket }: Request): boolean {
  return ends.has(socket)
}

/**
 * Answers the client's end; the other one is with the server that `viewer` came to, which speaks plain HTTP/1.1 on it, and
 * takes it for secure where the viewer's is. Throws `PROVIDER_FAILED` for a request that came to no server of Node's.
 */
export function connectWithin(viewer: Request): Duplex {
  const viewerSocket: object = viewer.socket
  const isSecure = Reflect.get(viewerSocket, 'encrypted') === true
  const server = Reflect.get(viewerSocket, 'server') as EventEmitter | undefined
  const event = isSecure ? 'secureConnection' : 'connection'
  if (typeof server?.listenerCount !== 'function' || server.listenerCount(event) === 0) {
    throw new FacsimileError(
      'PROVIDER_FAILED',
      'The own server cannot be asked: the request did not come to a server of node:http or node:https. Serve the application by one.',
    )
  }
  const [near, far] = duplexPair()
  near.once('close', () => far.destroy())
  far.once('close', () => near.destroy())
  for (const name of [...OF_THE_VIEWER, ...(isSecure ? OF_THE_VIEWERS_TLS : [])]) lend(viewerSocket, name, far)
  for (const name of OF_A_SOCKET) Object.assign(far, { [name]: () => far })
  // Servers of HTTP/2 look for both, and speak HTTP/1.1 where `allowHTTP1` is set.
  Object.assign(far, { server, alpnProtocol: 'http/1.1' })
  ends.add(far)
  server.emit(event, far)
  return near
}

function lend(socket: object, name: string, far: Duplex): void {
  const value: unknown = Reflect.get(socket, name)
  Object.defineProperty(far, name, { value: typeof value === 'function' ? value.bind(socket) : value })
}
