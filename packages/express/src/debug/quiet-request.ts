// Asks the own server without a trace in the events: what the debug page asks is no visit.
import type { Request } from '../http-types.js'
import { askOwnServer, type OwnAnswer } from '../own-request.js'
import { WATCH_HEADER, type Watches } from '../watches.js'

const DEADLINE_MS = 2_000
/** RFC 9309, 2.5: of robots.txt crawlers read at least that much. */
const MAX_BYTES = 500 * 1024

/** Rejects as askOwnServer() does, after 2 seconds or for an answer of more than 500 KiB too. */
export type QuietRequest = (viewer: Request, path: string) => Promise<OwnAnswer>

export function createQuietRequest(watches: Watches): QuietRequest {
  return async (viewer, path) => {
    const { secret } = watches.open()
    try {
      const headers = { [WATCH_HEADER]: secret }
      return await askOwnServer(viewer, { path, headers, timeoutMs: DEADLINE_MS, maxBytes: MAX_BYTES })
    } finally {
      watches.close(secret)
    }
  }
}
