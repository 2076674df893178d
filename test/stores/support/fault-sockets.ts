// Watches the connections that this process makes to one port: which are open, and who listens to them.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

export interface SocketWatch {
  /** Those that are not closed yet. */
  open(): readonly Socket[]
  all(): readonly Socket[]
  stop(): void
}

/** Counts from now on, and no connection that was made before. */
export function watchSockets(port: number): SocketWatch {
  const made: Socket[] = []
  const ports = new Map<Socket, number>()
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    made.push(socket)
    socket.once('connect', () => ports.set(socket, socket.remotePort ?? 0))
  }
  subscribe('net.client.socket', note)
  const all = () => made.filter((socket) => ports.get(socket) === port)
  return {
    all,
    open: () => all().filter((socket) => !socket.destroyed),
    stop: () => unsubscribe('net.client.socket', note),
  }
}

/** How many listen to anything that `emitter` may say. */
export function countListeners(emitter: Pick<EventEmitter, 'eventNames' | 'listenerCount'>): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}
