// The metrics of Facsimile for Prometheus, in a registry of prom-client.
import { inspect } from 'node:util'
import { FacsimileError, loadOptionalPackage } from '@facsimile/core'
import type { OpenMetricsContentType, Registry } from 'prom-client'
import { MEASURES, prometheusName, type Measure } from '../observation/measures.js'
import { createTally, type Count } from '../observation/tally.js'
import { createMetricsHandler, type MetricsHandler } from './metrics-handler.js'

type PromClient = typeof import('prom-client')

/** A registry of prom-client, in either format. */
export type MetricsRegister = Registry | Registry<OpenMetricsContentType>

export interface MetricsSettings {
  /** Where the metrics are put. @default prom-client's own `register` */
  readonly register?: MetricsRegister
  /** What their names begin with. @default 'facsimile_' */
  readonly prefix?: string
}

export interface Metrics {
  /** Answers `GET` and `HEAD` with all metrics of the register, on whatever path it is mounted. */
  readonly handler: MetricsHandler
  /** Counts no more, and takes its metrics out of the register. */
  close(): void
}

const KNOWN_SETTINGS = ['register', 'prefix']

/**
 * Counts from now on what all Facsimiles of this process do. Throws `PACKAGE_MISSING` without prom-client, and
 * `SETTINGS_INVALID` for settings that cannot be used or a register that has metrics of these names.
 */
export function createMetrics(settings: MetricsSettings = {}): Metrics {
  const client = loadOptionalPackage('prom-client', import.meta.url, '@facsimile/express/metrics') as PromClient
  const { register, prefix } = readSettings(settings, client.register)
  const names = Object.values(MEASURES).map((measure) => prometheusName(measure, prefix))
  refuseTaken(register, names)

  const histograms = new Map<Measure, { observe(value: number): void }>()
  for (const measure of Object.values(MEASURES)) {
    if (measure.kind !== 'histogram') continue
    const { help, bounds } = measure
    const name = prometheusName(measure, prefix)
    histograms.set(measure, new client.Histogram({ name, help, buckets: [...bounds], registers: [register] }))
  }
  const tally = createTally((measure, value) => histograms.get(measure)?.observe(value))
  tally.counts.forEach((count) => addCount(count))

  /** The register asks for the values when somebody looks. */
  function addCount({ measure, series }: Count): void {
    const { help, labels } = measure
    const shared = { name: prometheusName(measure, prefix), help, labelNames: labels, registers: [register] }
    if (measure.kind === 'gauge') {
      // Workers of a cluster have read the same file, each in its time.
      const collect = () => series.forEach(({ value }) => gauge.set(value))
      const gauge = new client.Gauge({ ...shared, aggregator: 'min', collect })
      return
    }
    const collect = () => {
      counter.reset()
      series.forEach((line) => counter.inc(line.labels, line.value))
    }
    const counter = new client.Counter({ ...shared, collect })
  }

  return {
    handler: createMetricsHandler(register),
    close() {
      tally.close()
      names.forEach((name) => register.removeSingleMetric(name))
    },
  }
}

/** With the defaults filled in. */
function readSettings(settings: MetricsSettings, defaultRegister: Registry): Required<MetricsSettings> {
  if (typeof settings !== 'object' || (settings as unknown) === null) {
    throw refusal(`the argument is ${show(settings)}: give an object`)
  }
  const { register = defaultRegister, prefix = 'facsimile_' } = settings
  const unknown = Object.keys(settings).find((key) => !KNOWN_SETTINGS.includes(key))
  if (unknown !== undefined) throw refusal(`\`${unknown}\` is no setting: there are ${KNOWN_SETTINGS.join(' and ')}`)
  if (typeof prefix !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/.test(prefix)) {
    throw refusal(`\`prefix\` is ${show(prefix)}: write up to 64 letters, digits and underscores, no digit first`)
  }
  if (typeof (register as Partial<Registry> | null)?.getSingleMetric !== 'function') {
    throw refusal(`\`register\` is ${show(register)}: give a Registry of prom-client`)
  }
  return { register, prefix }
}

function refuseTaken(register: MetricsRegister, names: readonly string[]): void {
  const taken = names.find((name) => register.getSingleMetric(name) !== undefined)
  if (taken === undefined) return
  throw refusal(`the register has a metric ${taken} already: call createMetrics once for it, or give a \`prefix\``)
}

function refusal(clause: string): FacsimileError {
  return new FacsimileError('SETTINGS_INVALID', `The metrics cannot be made: ${clause}.`)
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : inspect(value, { depth: -1 })
}
