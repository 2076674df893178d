// Answers whoever collects the metrics, such as Prometheus.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Answers the request, whatever its path is. */
export type MetricsHandler = (req: IncomingMessage, res: ServerResponse) => void

interface Register {
  readonly contentType: string
  metrics(): Promise<string>
}

/** Prometheus itself waits no longer, unless it is told to. */
const COLLECT_DEADLINE_MS = 10_000

export function createMetricsHandler(register: Register): MetricsHandler {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      send(res, 405, 'Only GET and HEAD are answered here.\n', { Allow: 'GET, HEAD' })
      return
    }
    const text = await collect(register)
    if (text === undefined) send(res, 503, 'The metrics cannot be collected at this moment.\n')
    else send(res, 200, text, { 'Content-Type': register.contentType })
  }

  return function answerMetrics(req, res) {
    answer(req, res).catch(() => res.destroy())
  }
}

/** `undefined` where a metric of somebody else's in the same register fails, or does not come in time. */
async function collect(register: Register): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), COLLECT_DEADLINE_MS).unref()
  })
  try {
    return await Promise.race([register.metrics().catch(() => undefined), deadline])
  } finally {
    clearTimeout(timer)
  }
}

function send(res: ServerResponse, status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
  const body = Buffer.from(text)
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    ...headers,
  })
  // Node leaves the body of an answer to HEAD out by itself.
  res.end(body)
}
