// A TCP proxy before a store that halves requests, cuts and delays replies, keeps silent or is gone.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What is done to the bytes that pass; nothing at all, when it is empty. */
export interface Interference {
  /** Connections are accepted and never answered, as long as they last. */
  readonly isSilent?: boolean
  /** Hands on half of a request about a page, and ends the connection. */
  readonly halvesRequests?: boolean
  /** Hands on so many bytes of the reply to a request about a page, and ends the connection. */
  readonly replyBytes?: number
  /** Ends the connection behind this text in a reply. */
  readonly cutsBehind?: string
  /** Every reply comes so much later. */
  readonly delayMs?: number
}

export interface FaultProxy {
  readonly port: number
  interfere(how: Interference): void
  /** Refuses connections, and cuts those that there are. */
  vanish(): Promise<void>
  /** Is at its port again. */
  appear(): Promise<void>
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly store: Socket
  /** Bytes of replies that still pass. */
  allowance: number
  /** Settles when every reply so far has been handed on. */
  handedOn: Promise<void>
}

/** Forwards to `port` of this machine; `isAboutPage` tells requests about pages from those that open a connection. */
export async function startFaultProxy(port: number, isAboutPage: (request: Buffer) => boolean): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  let how: Interference = {}

  const server = createServer((client) => {
    track(client)
    if (how.isSilent) {
      client.resume()
      return
    }
    const link = { client, store: track(connect(port, '127.0.0.1')), allowance: Infinity, handedOn: Promise.resolve() }
    client.on('data', (bytes) => request(link, bytes)).on('close', () => link.store.destroy())
    link.store.on('data', (bytes) => reply(link, bytes)).on('close', () => client.destroy())
  })

  function track(socket: Socket): Socket {
    sockets.add(socket)
    // A reset is an end as well, and the other side is told by 'close'.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }

  function request(link: Link, bytes: Buffer): void {
    const aboutPage = isAboutPage(bytes)
    if (aboutPage && how.halvesRequests) {
      link.store.end(bytes.subarray(0, bytes.length / 2))
      link.client.destroySoon()
      return
    }
    if (aboutPage) link.allowance = how.replyBytes ?? Infinity
    link.store.write(bytes)
  }

  function reply(link: Link, bytes: Buffer): void {
    const { delayMs = 0, cutsBehind } = how
    const at = cutsBehind === undefined ? -1 : bytes.indexOf(cutsBehind)
    const most = Math.min(link.allowance, at === -1 ? Infinity : at + (cutsBehind?.length ?? 0))
    link.allowance -= bytes.length
    const due = performance.now() + delayMs
    // One after the other: a reply never overtakes one that was held back.
    link.handedOn = link.handedOn.then(async () => {
      await until(due)
      if (link.client.destroyed) return
      link.client.write(bytes.subarray(0, most))
      if (bytes.length >= most) link.client.destroySoon()
    })
  }

  async function listen(at: number): Promise<void> {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }

  async function vanish(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    sockets.forEach((socket) => socket.destroy())
    await closed
  }

  await listen(0)
  const own = (server.address() as AddressInfo).port
  return {
    port: own,
    interfere: (next) => (how = next),
    vanish,
    appear: () => listen(own),
    close: () => (server.listening ? vanish() : Promise.resolve()),
  }
}

function until(due: number): Promise<void> | undefined {
  const leftMs = due - performance.now()
  return leftMs <= 0 ? undefined : new Promise((resolve) => setTimeout(resolve, leftMs).unref())
}
