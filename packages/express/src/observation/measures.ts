// What is measured: the names, units and labels that Prometheus and OpenTelemetry share, so that a dashboard or an alert
// works with either.

export type Labels = Readonly<Record<string, string>>

export interface Measure {
  /** As OpenTelemetry has it. Prometheus has the same with `_` for the dots, and its unit at the end. */
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** As OpenTelemetry writes it: `s`, `By`, or in braces what is counted. */
  readonly unit: string
  readonly help: string
  readonly labels: readonly string[]
}

/** A measure of sizes or times, with the upper bounds of its buckets. */
export interface Distribution extends Measure {
  readonly kind: 'histogram'
  readonly bounds: readonly number[]
}

const KIB = 1024
const MIB = 1024 * KIB

/** All of them. */
export const MEASURES = {
  responses: {
    name: 'facsimile.responses',
    kind: 'counter',
    unit: '{response}',
    help: 'Responses that came to the filter: injected, or skipped for a reason.',
    labels: ['outcome', 'reason'],
  },
  blockedSnippets: {
    name: 'facsimile.snippets.blocked',
    kind: 'counter',
    unit: '{snippet}',
    help: 'Snippets left out because a directive of the Content-Security-Policy of the page would block them.',
    labels: ['directive'],
  },
  storedPages: {
    name: 'facsimile.pages.stored',
    kind: 'counter',
    unit: '{page}',
    help: 'Pages that were stored.',
    labels: ['provider'],
  },
  lostPages: {
    name: 'facsimile.pages.lost',
    kind: 'counter',
    unit: '{page}',
    help: 'Pages that could not be stored.',
    labels: ['reason'],
  },
  expiredPages: {
    name: 'facsimile.pages.expired_unfetched',
    kind: 'counter',
    unit: '{page}',
    help: 'Pages whose time ran out before this process handed them over.',
    labels: [],
  },
  unreadablePages: {
    name: 'facsimile.pages.unreadable',
    kind: 'counter',
    unit: '{page}',
    help: 'Stored pages that could not be opened.',
    labels: ['reason'],
  },
  fetches: {
    name: 'facsimile.fetches',
    kind: 'counter',
    unit: '{request}',
    help: 'Requests to the fetcher: fetched, missed or denied for a reason, or unavailable.',
    labels: ['result', 'reason'],
  },
  storeDuration: {
    name: 'facsimile.store.duration',
    kind: 'histogram',
    unit: 's',
    help: 'Time that it took to store a page, in the background.',
    labels: [],
    bounds: [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
  },
  pageSize: {
    name: 'facsimile.page',
    kind: 'histogram',
    unit: 'By',
    help: 'Size of the stored pages.',
    labels: [],
    bounds: [KIB, 4 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, MIB, 2 * MIB, 5 * MIB],
  },
  fetchAge: {
    name: 'facsimile.fetch.age',
    kind: 'histogram',
    unit: 's',
    help: 'Age of a page when the crawler was given it.',
    labels: [],
    bounds: [0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 120, 300, 900, 3_600, 21_600, 86_400],
  },
  settingsVersion: {
    name: 'facsimile.settings.version',
    kind: 'gauge',
    unit: '',
    help: 'Which version of the settings is in force; 1 is that of the start.',
    labels: [],
  },
  lastReloadSuccessful: {
    name: 'facsimile.settings.last_reload_successful',
    kind: 'gauge',
    unit: '',
    help: '1 unless the settings file was changed and could not be used: then 0.',
    labels: [],
  },
  reloadFailures: {
    name: 'facsimile.settings.reload_failures',
    kind: 'counter',
    unit: '{failure}',
    help: 'Errors of the settings file, each told once.',
    labels: [],
  },
} as const satisfies Record<string, Measure | Distribution>

const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' }

/** The name in Prometheus: `facsimile.store.duration` is `{prefix}store_duration_seconds`. */
export function prometheusName({ name, kind, unit }: Measure, prefix = 'facsimile_'): string {
  const stem = name.slice('facsimile.'.length).replaceAll('.', '_')
  return `${prefix}${stem}${SUFFIXES[unit] ?? ''}${kind === 'counter' ? '_total' : ''}`
}
