// Waiting for Replay desk's news instead of asking again and again.
import { request } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'

const DEADLINE_MS = 10_000

/** Listens to the news; `next` resolves with the id of the next recording, and `close` hangs up. */
export async function listenToNews(trackerUrl: string): Promise<{ next(): Promise<number>; close(): void }> {
  const outgoing = request(`${trackerUrl}/news`)
  outgoing.end()
  const [stream] = (await once(outgoing, 'response')) as [IncomingMessage]
  stream.setEncoding('utf8')
  const ids: number[] = []
  let wake = () => {}
  stream.on('data', (text: string) => {
    for (const [, id] of text.matchAll(/event: recording\ndata: (\d+)/g)) ids.push(Number(id))
    wake()
  })
  // The server hangs up when it closes.
  stream.on('error', () => wake())
  return {
    async next() {
      const deadline = AbortSignal.timeout(DEADLINE_MS)
      while (ids.length === 0) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve
          deadline.onabort = () => reject(new Error(`Nothing was recorded within ${DEADLINE_MS} ms`))
        })
      }
      return ids.shift() ?? 0
    },
    close: () => outgoing.destroy(),
  }
}
