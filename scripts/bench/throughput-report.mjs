// The tables of requests per second: the whole one for BENCHMARKS.md, and the short one for README.md.
import { formatRatio, paragraphs, signed, table } from './report.mjs'
import { VARIANTS } from './variants.mjs'

/** The columns of the short table. */
const SHORT = ['facsimile', 'express-interceptor', 'html-rewriter-wasm']

/** Ratios of requests per second, and of processor time. */
export function renderThroughput({ variants, cases }) {
  const cpuRows = cases.map(({ label, bareCpuMicros, summaries }) => [
    label,
    rounded(bareCpuMicros),
    ...variants.map((name) => formatCpu(summaries[name])),
  ])
  return paragraphs(
    speedTable(variants, cases),
    'Requests per second as a ratio to bare Express: median of the pairs (lowest to highest pair); 1.00 is no cost.',
    noteOnNginx(variants),
    table(['response', 'bare Express, µs', ...variants], cpuRows),
    'Processor time for one request, of all threads of the server: as a ratio, and the difference in microseconds.',
  )
}

/** Without what only the authors of a filter want to know. */
export function renderShortThroughput({ variants, cases }) {
  return paragraphs(
    speedTable(
      SHORT.filter((name) => variants.includes(name)),
      cases,
    ),
    'Median of the pairs (lowest to highest pair); 1.00 is no cost.',
  )
}

function speedTable(variants, cases) {
  const rows = cases.map(({ label, bareRequestsPerSecond, summaries }) => [
    label,
    rounded(bareRequestsPerSecond),
    ...variants.map((name) => formatRatio(summaries[name].requests)),
  ])
  return table(['response', 'bare Express, req/s', ...variants], rows)
}

function noteOnNginx(variants) {
  if (!variants.some((name) => VARIANTS[name].proxied)) return 'nginx took no part.'
  return 'The ratio of nginx is to the same nginx without `sub_filter`, both in front of bare Express, and its processor time is that of nginx alone.'
}

/** Empty where the figure is not known. */
function rounded(value) {
  return value === undefined ? '' : String(Math.round(value))
}

/** Empty where the system does not tell the processor time of another process. */
function formatCpu({ cpu, extraCpuMicros }) {
  return Number.isFinite(cpu.median) ? `${cpu.median.toFixed(2)} (${signed(extraCpuMicros, 0)} µs)` : ''
}
