// Server-sent events: tells open lists that there is a new recording.
import type { RequestHandler, Response } from 'express'

export interface News {
  /** Answers `GET /news` with a stream of events; 503 when too many are listening. */
  readonly handler: RequestHandler
  publish(recordingId: number): void
  /** Ends every stream. */
  close(): void
}

const MAX_LISTENERS = 24
/** A line now and then, so that a listener who has gone is noticed. */
const HEARTBEAT_MS = 15_000

export function createNews(): News {
  const listeners = new Set<Response>()
  const tell = (text: string) => {
    for (const listener of listeners) listener.write(text)
  }
  const heartbeat = setInterval(() => tell(': still here\n\n'), HEARTBEAT_MS)
  heartbeat.unref()

  return {
    handler(_req, res) {
      if (listeners.size >= MAX_LISTENERS) {
        res
          .status(503)
          .set('Retry-After', '60')
          .type('text')
          .send('Too many lists are open; reload to see what is new.\n')
        return
      }
      res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
      res.write('retry: 2000\n\n')
      listeners.add(res)
      res.once('close', () => listeners.delete(res))
    },
    publish: (recordingId) => tell(`event: recording\ndata: ${recordingId}\n\n`),
    close() {
      clearInterval(heartbeat)
      for (const listener of listeners) listener.end()
    },
  }
}
