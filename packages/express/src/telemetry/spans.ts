// One span for each page that is stored or lost and for each request to the fetcher, made when it is over: in between
// there is nothing to do, and without a listener nothing at all. The parent is the span that was active in the request.
import { ERROR_CODES, FacsimileError, type FetchFacts, type StoredPageFacts } from '@facsimile/core'
import type { Attributes, SpanStatusCode, Tracer } from '@opentelemetry/api'
import { listenToEvents } from '../observation/event-listeners.js'
import type { OpenTelemetryApi } from './telemetry.js'

interface Outcome {
  readonly name: 'facsimile.store' | 'facsimile.fetch'
  readonly durationMs: number
  readonly attributes: Attributes
  /** A word of a closed list; none when nothing went wrong. */
  readonly error?: string
}

/** What the semantic conventions call a value that is not on their list. */
const OTHER = '_OTHER'
/** Semantic conventions for HTTP spans: `http.request.method` has these values and no others. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])

/** From now on, until the function that it answers is called. */
export function createSpans({ context, SpanStatusCode }: OpenTelemetryApi, tracer: Tracer): () => void {
  const { ERROR }: { readonly ERROR: SpanStatusCode } = SpanStatusCode

  function trace({ name, durationMs, attributes, error }: Outcome): void {
    const endTime = Date.now()
    const span = tracer.startSpan(name, { startTime: endTime - durationMs, attributes }, context.active())
    if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: ERROR })
    span.end(endTime)
  }

  function traceFetch(status: number, result: string, event: FetchFacts, attributes: Attributes, error?: string): void {
    trace({
      name: 'facsimile.fetch',
      durationMs: event.durationMs,
      attributes: {
        'http.request.method': methodOf(event),
        'http.response.status_code': status,
        'url.path': event.path,
        'facsimile.result': result,
        ...attributes,
      },
      ...(error !== undefined && { error }),
    })
  }

  return listenToEvents({
    'facsimile:stored': (event) => {
      const attributes = { 'facsimile.provider': event.provider, 'facsimile.page.bytes': event.bytes }
      trace({ name: 'facsimile.store', durationMs: event.durationMs, attributes: { ...ofPage(event), ...attributes } })
    },
    'facsimile:lost': (event) => {
      const { reason, durationMs } = event
      const attributes = { ...ofPage(event), 'facsimile.reason': reason }
      trace({ name: 'facsimile.store', durationMs, attributes, error: reason })
    },
    'facsimile:fetched': (event) =>
      traceFetch(200, 'fetched', event, { 'facsimile.page.bytes': event.bytes, 'facsimile.page.age_ms': event.ageMs }),
    'facsimile:missed': (event) => traceFetch(404, 'missed', event, { 'facsimile.reason': event.reason }),
    'facsimile:denied': (event) => traceFetch(403, 'denied', event, { 'facsimile.reason': event.reason }),
    'facsimile:unavailable': (event) => traceFetch(503, 'unavailable', event, {}, errorType(event.error)),
  })
}

function ofPage(event: StoredPageFacts): Attributes {
  return { 'http.request.method': methodOf(event), 'http.response.status_code': event.status }
}

function methodOf({ method }: { readonly method: string }): string {
  return METHODS.has(method) ? method : OTHER
}

/** Never the message: a cache provider may write into it what it likes. */
function errorType(error: unknown): string {
  return error instanceof FacsimileError && Object.hasOwn(ERROR_CODES, error.code) ? error.code : OTHER
}
