// Commands that are given in one turn of the event loop leave in one write: asking the system costs more than all else
// that is done with a page of 20 KB.
import type { RedisClient } from './redis-client.js'

/** What is longer leaves at once, since it fills a write by itself. */
const MOST_BYTES = 64 * 1024

/** To be called before a command of about `bytes`. A Cluster has several connections, and nothing is done. */
export function writeTogether({ stream }: RedisClient, bytes: number): void {
  if (stream?.cork === undefined || stream.writableCorked !== 0 || bytes > MOST_BYTES) return
  stream.cork()
  // After the promises that the same turn settles, whose owners may have commands too.
  process.nextTick(() => stream.uncork?.())
}
