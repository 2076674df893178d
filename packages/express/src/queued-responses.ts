// A response that waits behind others on its connection (pipelining) has no socket yet, and Node tells it nothing when the
// connection ends. So the connection itself is listened to, once for all that wait there.
import type { Socket } from 'node:net'
import type { Response } from './http-types.js'
import { tellClose } from './response-hooks.js'

const queues = new WeakMap<Socket, Set<Response>>()

/** Whether the response's turn has not come yet. */
export function isQueued(res: Response): boolean {
  return res.socket === null
}

/** Has those who stand in for a queued response told when its connection ends; until `unwatchQueued`. */
export function watchQueued(res: Response): void {
  const { socket } = res.req
  if (socket.destroyed) tellClose(res)
  else (queues.get(socket) ?? openQueue(socket)).add(res)
}

export function unwatchQueued(res: Response): void {
  queues.get(res.req.socket)?.delete(res)
}

function openQueue(socket: Socket): Set<Response> {
  const queue = new Set<Response>()
  queues.set(socket, queue)
  socket.once('close', () => queue.forEach(tellClose))
  return queue
}
