// docs/observability.md, the dashboard and the alert rules: every metric that they name is there, and every one there is named.
import { channel } from 'node:diagnostics_channel'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { WORDS, type FacsimileSettings, type Finding } from '@facsimile/core'
import { createMetrics } from '@facsimile/express/metrics'
import { createTelemetry } from '@facsimile/express/telemetry'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { startExample } from './support/example-program.js'
import { exampleIn } from './support/page-examples.js'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string; readonly finding: Finding }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string }[]
}

const PAGE = 'docs/observability.md'
const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, 'docs', file), 'utf8')
const page = read('observability.md')
const rules = (parse(read('alert-rules.yml')) as { groups: { name: string; rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly __inputs: readonly { readonly name: string }[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
  readonly panels: readonly Panel[]
}
const dashboardQueries = dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr))

/** Those that Prometheus adds: the site, and the server. */
const TARGET_LABELS: ReadonlySet<string> = new Set(['job', 'instance'])
const register = new Registry()
/** Every series by its name, with its labels. */
const series = new Map<string, Record<string, string>[]>()
/** The metrics, with the names of their labels. */
const metrics = new Map<string, Set<string>>()

beforeAll(async () => {
  const made = createMetrics({ register })
  for (const { name, values } of await register.getMetricsAsJSON()) {
    const all = values as { metricName?: string; labels: Record<string, string> }[]
    metrics.set(name, new Set(all.flatMap(({ labels }) => Object.keys(labels).filter((label) => label !== 'le'))))
    for (const { metricName = name, labels } of all) series.set(metricName, [...(series.get(metricName) ?? []), labels])
  }
  made.close()
})

/** Fails for a metric that there is not, and for labels that no series of it has. */
function expectToSelectSomething(expr: string): void {
  const selectors = [...expr.matchAll(/\b(facsimile_[a-z_]+)(?:\{([^}]*)\})?/g)]
  expect(selectors.length).toBeGreaterThan(0)
  for (const [selector, name = '', matchers = ''] of selectors) {
    const wanted = [...matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)].filter(
      ([, label = '']) => !TARGET_LABELS.has(label),
    )
    const found = (series.get(name) ?? []).filter((labels) =>
      wanted.every(([, label = '', operator, value = '']) => {
        const is = labels[label]
        if (operator === '!=') return is !== undefined && is !== value
        return operator === '=' ? is === value : new RegExp(`^(?:${value})$`).test(is ?? '')
      }),
    )
    expect([selector, found.length > 0]).toEqual([selector, true])
  }
  const grouped = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '))
  const known = new Set(['le', ...TARGET_LABELS, ...[...metrics.values()].flatMap((labels) => [...labels])])
  for (const label of grouped) expect(known).toContain(label)
}

describe('the page', () => {
  test('lists every metric with its labels', () => {
    const rows = [...page.matchAll(/^\| `(facsimile_\w+)` +\| ([^|]*)\|/gm)]
    const listed = rows.map(([, name, labels = '']) => [name, labels.match(/\w+/g) ?? []])
    expect(listed.sort()).toEqual([...metrics].map(([name, labels]) => [name, [...labels]]).sort())
  })

  test('lists every alert, names files and headings that there are, and queries that select something', () => {
    expect([...page.matchAll(/^\| `(Facsimile\w+)`/gm)].map(([, name]) => name)).toEqual(
      rules.map(({ alert }) => alert),
    )
    for (const [, file = '', anchor] of page.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)) {
      expect([file, existsSync(join(root, 'docs', file))]).toEqual([file, true])
      if (anchor === undefined) continue
      const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text.toLowerCase())
      expect(headings.map((text) => text.replaceAll(/[^\w -]/g, '').replaceAll(' ', '-'))).toContain(anchor)
    }
    for (const [, query = ''] of page.matchAll(/`([^`]*facsimile_[^`]*\([^`]*)`/g)) expectToSelectSomething(query)
  })

  test('has an example that serves the metrics', async () => {
    const program = await startExample(exampleIn(PAGE, 'metrics'))
    try {
      const origin = `http://127.0.0.1:${program.port}`
      await (await fetch(origin)).text()
      const text = await (await fetch(`${origin}/metrics`)).text()
      expect(text).toContain('facsimile_responses_total{outcome="injected",reason="none"} 1\n')
    } finally {
      await program.stop()
    }
  })

  test('has an example that listens for spans and metrics', () => {
    const [imported = '', ...code] = exampleIn(PAGE, 'telemetry').split('\n')
    expect(imported).toBe("import { createTelemetry } from '@facsimile/express/telemetry'")
    const run = compileFunction(`${code.join('\n')}\nreturn telemetry`, ['createTelemetry']) as (
      create: typeof createTelemetry,
    ) => ReturnType<typeof createTelemetry>
    const telemetry = run(createTelemetry)
    expect(channel('facsimile:stored').hasSubscribers).toBe(true)
    telemetry.close()
    expect(channel('facsimile:stored').hasSubscribers).toBe(false)
  })

  test('has an adapter with which winston gets its message first', () => {
    const lines: unknown[][] = []
    const winston = { log: (...line: unknown[]) => lines.push(line) }
    const make = compileFunction(`${exampleIn(PAGE, 'winston')}\nreturn logger`, ['winston']) as (
      given: typeof winston,
    ) => NonNullable<FacsimileSettings['logger']>
    const logger = make(winston)
    const err = new Error('no')
    logger.warn({ reason: 'failed', err }, 'A page was lost.')
    logger.debug({}, 'Nothing.')
    expect(lines).toEqual([
      ['warn', 'A page was lost.', { reason: 'failed', err: err.stack }],
      ['debug', 'Nothing.', { err: undefined }],
    ])
  })
})

describe('the dashboard', () => {
  test('asks for metrics and labels that there are, and for every metric', () => {
    dashboardQueries.forEach(expectToSelectSomething)
    const shown = dashboardQueries.join('\n')
    expect([...metrics.keys()].filter((name) => !shown.includes(name))).toEqual([])
  })

  test('shows the site and the servers that are chosen, in every panel', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['job', 'instance'])
    for (const query of dashboardQueries) {
      const selectors = query.match(/facsimile_\w+(?:\{[^}]*\})?/g) ?? []
      for (const selector of selectors) expect(selector).toContain('{job=~"$job", instance=~"$instance"')
    }
  })

  test('can be imported: one source to choose, panels of known kinds that do not overlap', () => {
    expect(dashboard.__inputs.map(({ name }) => name)).toEqual(['DS_PROMETHEUS'])
    const sources = new Set(read('grafana-dashboard.json').match(/"uid": "\$[^"]*"/g))
    expect([...sources]).toEqual(['"uid": "${DS_PROMETHEUS}"'])
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    expect(new Set(dashboard.panels.map(({ type }) => type))).toEqual(new Set(['stat', 'timeseries']))
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})

describe('the alert rules', () => {
  test('look at each site by itself, so that a healthy one hides no other', () => {
    for (const { expr } of rules) {
      const sums = expr.match(/\b(?:sum|min)\b[^(]*\([^)]*\)/g)
      expect(sums).not.toBeNull()
      for (const sum of sums ?? [])
        expect([expr, sum]).toEqual([expr, expect.stringMatching(/^(?:sum|min) by \(job\b/)])
    }
  })

  test('have the shape that Prometheus reads, and ask for what there is', () => {
    expect(rules.length).toBeGreaterThanOrEqual(5)
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const rule of rules) {
      expect(
        Object.keys(rule).filter((key) => !['alert', 'expr', 'for', 'labels', 'annotations'].includes(key)),
      ).toEqual([])
      expect(rule.for ?? '0m').toMatch(/^\d+[smh]$/)
      expect(['warning', 'critical']).toContain(rule.labels.severity)
      expect(rule.expr).toMatch(/(>|==) [\d.]+|> [\d.]+ \*/)
      expectToSelectSomething(rule.expr)
    }
  })

  test('say what has happened, and what the words have as its remedy', () => {
    for (const { annotations, labels } of rules) {
      expect(annotations.summary).toMatch(/^[A-Z].*\.$/)
      expect(annotations.runbook).toBe(WORDS.found[labels.finding][1])
    }
  })
})
