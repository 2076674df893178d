// Spans and metrics of Facsimile by the API of OpenTelemetry. Both go wherever the application's own SDK sends them.
import { inspect } from 'node:util'
import { FacsimileError, loadOptionalPackage } from '@facsimile/core'
import type { Histogram, MeterProvider, ObservableResult, TracerProvider } from '@opentelemetry/api'
import { MEASURES, type Measure } from '../observation/measures.js'
import { createTally, type Count } from '../observation/tally.js'
import { createSpans } from './spans.js'

export type OpenTelemetryApi = typeof import('@opentelemetry/api')

export interface TelemetrySettings {
  /** Who takes the spans. @default the one that is registered with the API */
  readonly tracerProvider?: TracerProvider
  /** Who takes the metrics. @default the one that is registered with the API; register it first */
  readonly meterProvider?: MeterProvider
}

export interface Telemetry {
  /** No more spans and metrics. */
  close(): void
}

const SCOPE = '@facsimile/express'
/** The settings, each with the method that it needs. */
const METHODS = { tracerProvider: 'getTracer', meterProvider: 'getMeter' } as const

/**
 * Traces and counts from now on what all Facsimiles of this process do; call it once. Throws `PACKAGE_MISSING` without
 * @opentelemetry/api, and `SETTINGS_INVALID` for settings that cannot be used.
 */
export function createTelemetry(settings: TelemetrySettings = {}): Telemetry {
  const name = '@facsimile/express/telemetry'
  const api = loadOptionalPackage('@opentelemetry/api', import.meta.url, name) as OpenTelemetryApi
  checkSettings(settings)
  const { tracerProvider = api.trace, meterProvider = api.metrics } = settings
  const meter = meterProvider.getMeter(SCOPE)

  const histograms = new Map<Measure, Histogram>()
  for (const measure of Object.values(MEASURES)) {
    if (measure.kind !== 'histogram') continue
    const { name, unit, help, bounds } = measure
    const advice = { explicitBucketBoundaries: [...bounds] }
    histograms.set(measure, meter.createHistogram(name, { unit, description: help, advice }))
  }
  const tally = createTally((measure, value) => histograms.get(measure)?.record(value))
  const stopReading = tally.counts.map(addCount)

  /** The meter asks for the values when somebody looks. Answers what ends that. */
  function addCount({ measure, series }: Count): () => void {
    const { name, unit, help } = measure
    const options = { unit, description: help }
    const instrument =
      measure.kind === 'gauge'
        ? meter.createObservableGauge(name, options)
        : meter.createObservableCounter(name, options)
    const read = (result: ObservableResult) => series.forEach(({ value, labels }) => result.observe(value, labels))
    instrument.addCallback(read)
    return () => instrument.removeCallback(read)
  }

  const stopTracing = createSpans(api, tracerProvider.getTracer(SCOPE))
  return {
    close() {
      stopTracing()
      tally.close()
      stopReading.forEach((stop) => stop())
    },
  }
}

function checkSettings(settings: unknown): void {
  if (typeof settings !== 'object' || settings === null)
    throw refusal(`the argument is ${inspect(settings)}: give an object`)
  for (const [key, value] of Object.entries(settings) as [string, unknown][]) {
    if (!Object.hasOwn(METHODS, key)) {
      throw refusal(`\`${key}\` is no setting: there are ${Object.keys(METHODS).join(' and ')}`)
    }
    const method = METHODS[key as keyof typeof METHODS]
    if (value === undefined || typeof (value as Record<string, unknown> | null)?.[method] === 'function') continue
    throw refusal(`\`${key}\` is ${inspect(value, { depth: -1 })}: give one with the method ${method}`)
  }
}

function refusal(clause: string): FacsimileError {
  return new FacsimileError('SETTINGS_INVALID', `The telemetry cannot be made: ${clause}.`)
}
