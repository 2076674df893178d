// Requests whose way through the filter is noted, because an operator wants to see it: those that this process sends to
// itself, told by a secret that each has of its own.
import { randomBytes } from 'node:crypto'
import type { PassOver } from '@facsimile/core'
import type { Request } from './http-types.js'
import type { Visit } from './visit.js'

/** Goes with the request, to be recognised. */
export const WATCH_HEADER = 'facsimile-watch'

/** What is noted of one request. Its events are told to nobody, and its page counts nowhere. */
export interface Watch {
  /** What the filter knew of it; `undefined` when the request never came there. */
  visit: Visit | undefined
  passedOver: PassOver | undefined
  /** Whether the page was compressed already when it came to the filter. */
  isCompressedInside: boolean
}

export interface Watches {
  /** Begins to wait for a request with `secret` in its WATCH_HEADER. */
  open(): { readonly secret: string; readonly watch: Watch }
  close(secret: string): void
  /** The watch that waits for `req`, from now on with its visit. */
  of(req: Request, visit: Visit): Watch | undefined
}

export function createWatches(): Watches {
  const waiting = new Map<string, Watch>()
  return {
    open() {
      const secret = randomBytes(24).toString('base64url')
      const watch: Watch = { visit: undefined, passedOver: undefined, isCompressedInside: false }
      waiting.set(secret, watch)
      return { secret, watch }
    },
    close(secret) {
      waiting.delete(secret)
    },
    of(req, visit) {
      if (waiting.size === 0) return undefined
      const secret = req.headers[WATCH_HEADER]
      const watch = typeof secret === 'string' ? waiting.get(secret) : undefined
      if (watch !== undefined) watch.visit = visit
      return watch
    },
  }
}
