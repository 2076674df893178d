// Spans and metrics by the API of OpenTelemetry, as its own SDK receives them.
import { channel } from 'node:diagnostics_channel'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import type { FacsimileSettings } from '@facsimile/express'
import { createTelemetry, type TelemetrySettings } from '@facsimile/express/telemetry'
import { eventually } from '../support/eventually.js'
import { createSpyProvider } from './support/spy-provider.js'
import { afterwards, createTestFacsimile, listen, PAGE, siteAt, tokenIn } from './support/site.js'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))

class Reader extends MetricReader {
  protected onForceFlush = () => Promise.resolve()
  protected onShutdown = () => Promise.resolve()
}

function startTelemetry() {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const telemetry = createTelemetry({ tracerProvider, meterProvider })
  afterwards(() => telemetry.close())
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans().filter(({ name }) => name.startsWith('facsimile.'))
  return { telemetry, tracer: tracerProvider.getTracer('site'), reader, spans }
}

/** A site that makes a span of each request, as the instrumentation of node:http does, and ends it with the response. */
async function startTracedSite(tracer: ReturnType<typeof startTelemetry>['tracer'], settings: FacsimileSettings = {}) {
  const facsimile = createTestFacsimile(settings)
  const parents: string[] = []
  const { port } = await listen((req, res) => {
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, ROOT_CONTEXT)
    parents.push(span.spanContext().spanId)
    res.on('close', () => span.end())
    context.with(trace.setSpan(ROOT_CONTEXT, span), () =>
      facsimile.middleware(req, res, () => void res.setHeader('Content-Type', 'text/html').end(PAGE)),
    )
  })
  return { ...siteAt(port, facsimile), parents }
}

const milliseconds = ([seconds, nanoseconds]: [number, number]) => seconds * 1000 + nanoseconds / 1e6

describe('spans', () => {
  test('are made of a page that is stored and of each request to the fetcher, under the span of the request', async () => {
    const { tracer, spans } = startTelemetry()
    const site = await startTracedSite(tracer)
    const before = Date.now()
    const page = await site.visit('/account?user=anna', { method: 'POST', body: 'x' })
    for (const from of ['127.0.0.1', '127.0.0.1', '127.0.0.2']) await site.crawl(page, { from })
    await site.crawl('malformed')
    const ofFetch = (status: number, result: string) => ({
      'http.request.method': 'GET',
      'http.response.status_code': status,
      'url.path': '/facsimile',
      'facsimile.result': result,
    })
    expect(spans().map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'facsimile.store',
        {
          'http.request.method': 'POST',
          'http.response.status_code': 200,
          'facsimile.provider': 'memory',
          'facsimile.page.bytes': PAGE.length,
        },
      ],
      [
        'facsimile.fetch',
        {
          ...ofFetch(200, 'fetched'),
          'facsimile.page.bytes': PAGE.length,
          'facsimile.page.age_ms': expect.any(Number),
        },
      ],
      ['facsimile.fetch', { ...ofFetch(404, 'missed'), 'facsimile.reason': 'taken' }],
      ['facsimile.fetch', { ...ofFetch(403, 'denied'), 'facsimile.reason': 'not-listed' }],
      ['facsimile.fetch', { ...ofFetch(404, 'missed'), 'facsimile.reason': 'malformed' }],
    ])
    expect(spans().map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(site.parents)
    for (const { startTime, endTime, status, kind } of spans()) {
      expect(milliseconds(startTime)).toBeGreaterThan(before - 1_000)
      expect(milliseconds(endTime)).toBeGreaterThanOrEqual(milliseconds(startTime))
      expect([status.code, kind]).toEqual([SpanStatusCode.UNSET, SpanKind.INTERNAL])
    }
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toMatch(
      new RegExp(`${tokenIn(page)}|anna|account|127\\.0`),
    )
  })

  test('have a method of the conventions, or _OTHER', async () => {
    const { tracer, spans } = startTelemetry()
    const site = await startTracedSite(tracer)
    await site.visit('/', { method: 'PROPFIND' })
    await eventually('the page is stored', () => spans().length === 1)
    channel('facsimile:missed').publish({ reason: 'unknown', method: 'MARK\n', path: '/facsimile', durationMs: 1 })
    expect(spans().map(({ attributes }) => attributes['http.request.method'])).toEqual(['_OTHER', '_OTHER'])
  })

  test('name the kind of an error, and never its message', async () => {
    const { tracer, spans } = startTelemetry()
    const fail = () => Promise.reject(new Error('password=secret'))
    const site = await startTracedSite(tracer, { cacheProvider: createSpyProvider({ store: fail, pull: fail }) })
    const page = await site.visit()
    await eventually('the page is lost', () => spans().length === 1)
    for (let time = 0; time < 6; time++) await site.crawl(page)
    const [lost, ...fetches] = spans()
    expect(lost).toMatchObject({ attributes: { 'error.type': 'failed' }, status: { code: SpanStatusCode.ERROR } })
    expect(fetches.map(({ attributes }) => attributes['error.type'])).toEqual([
      ...['_OTHER', '_OTHER', '_OTHER', '_OTHER', '_OTHER'],
      'PROVIDER_PAUSED',
    ])
    expect(JSON.stringify(spans().map(({ attributes, status, events }) => [attributes, status, events]))).not.toContain(
      'secret',
    )
  })
})

describe('metrics', () => {
  test('have the names, units and labels of those for Prometheus', async () => {
    const { tracer, reader } = startTelemetry()
    const site = await startTracedSite(tracer)
    await site.crawl(await site.visit())
    const { resourceMetrics } = await reader.collect()
    const metrics = new Map(
      resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => [metric.descriptor.name, metric])),
    )
    const points = (name: string) => metrics.get(name)?.dataPoints.map(({ attributes, value }) => [attributes, value])
    expect(points('facsimile.responses')).toContainEqual([{ outcome: 'injected', reason: 'none' }, 1])
    expect(points('facsimile.responses')).toContainEqual([{ outcome: 'skipped', reason: 'not-html' }, 0])
    expect(points('facsimile.fetches')).toContainEqual([{ result: 'fetched', reason: 'none' }, 1])
    expect(points('facsimile.store.duration')).toEqual([[{}, expect.objectContaining({ count: 1 })]])
    expect(points('facsimile.page')).toEqual([[{}, expect.objectContaining({ sum: PAGE.length })]])
    expect(points('facsimile.settings.version')).toEqual([[{}, 1]])
    expect([...metrics.values()].map(({ descriptor }) => descriptor.unit)).toEqual(
      expect.arrayContaining(['s', 'By', '{page}']),
    )
  })

  test('and spans end with close', async () => {
    const { telemetry, tracer, reader, spans } = startTelemetry()
    const site = await startTracedSite(tracer)
    await site.visit()
    telemetry.close()
    await site.visit()
    expect(spans()).toHaveLength(1)
    const { resourceMetrics } = await reader.collect()
    const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ descriptor }) => descriptor.name),
    )
    expect(names).toEqual(['facsimile.store.duration', 'facsimile.page'])
  })
})

test('settings that cannot be used are refused with the key, the value and the remedy, and nothing listens then', () => {
  const attempt = (settings: unknown) => () => createTelemetry(settings as TelemetrySettings)
  expect(attempt({ tracer: {} })).toThrow(/`tracer` is no setting: there are tracerProvider and meterProvider/)
  expect(attempt({ tracerProvider: {} })).toThrow(/`tracerProvider` is \{\}: give one with the method getTracer/)
  expect(attempt({ meterProvider: null })).toThrow(/`meterProvider` is null: give one with the method getMeter/)
  expect(attempt(null)).toThrow(/the argument is null: give an object/)
  expect(channel('facsimile:stored').hasSubscribers).toBe(false)
})
