// A visitor who asks for one page at a time.
import { once } from 'node:events'
import { Agent, get } from 'node:http'

const REQUEST_DEADLINE_MS = 60_000
const agent = new Agent({ keepAlive: true })

/** Reads a page to its end; throws when it is shorter than `minBytes`. */
export async function readPage(url, minBytes) {
  const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS)
  const startedAt = performance.now()
  const request = get(url, { agent, signal })
  const [response] = await once(request, 'response', { signal })
  let firstByteMs
  let bytes = 0
  for await (const chunk of response) {
    firstByteMs ??= performance.now() - startedAt
    bytes += chunk.length
  }
  if (response.statusCode !== 200 || bytes < minBytes)
    throw new Error(`${new URL(url).pathname} answered ${response.statusCode} with ${bytes} bytes.`)
  return { firstByteMs, bytes }
}
