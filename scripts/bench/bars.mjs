// What the figures have to reach, and whether they do. A bar is never lowered to fit a measurement.
import { table } from './report.mjs'

const ONE_SHOT_LEAST = 0.9
const STREAMED_LEAST = 0.85
const OTHER_LEAST = 0.98
const INTERCEPTOR_LEAST_TIMES = 2.5
const LONG_PAGE_KIB = 100
const FIRST_BYTE_MOST_MS = 2
const BLOCK_MOST_MS = 15
const MEMORY_MOST_MEGABYTES = 24
const FETCH_LEAST = 0.85

/** Each a row `{ what, atLeast | atMost, unit, measured }`; none for what was not measured. */
export function throughputBars({ cases }) {
  return cases.flatMap(({ label, path, kind, summaries, timesInterceptor }) => {
    if (summaries.facsimile === undefined) return []
    const { median } = summaries.facsimile.requests
    const rows = [{ what: `${label}, against bare Express`, atLeast: leastOf(kind, path), unit: '', measured: median }]
    if (timesInterceptor !== undefined && kind === 'html' && Number(path.split('/').at(-1)) >= LONG_PAGE_KIB) {
      const what = `${label}, against express-interceptor`
      rows.push({ what, atLeast: INTERCEPTOR_LEAST_TIMES, unit: ' times', measured: timesInterceptor.median })
    }
    return rows
  })
}

function leastOf(kind, path) {
  if (kind !== 'html') return OTHER_LEAST
  return path.startsWith('/stream/') ? STREAMED_LEAST : ONE_SHOT_LEAST
}

export function firstByteBars({ variants: { facsimile } }) {
  if (facsimile === undefined) return []
  const what = 'first byte of a streamed page, after that of bare Express'
  return [{ what, atMost: FIRST_BYTE_MOST_MS, unit: ' ms', measured: facsimile.extraMs.median }]
}

export function eventLoopBars({ cases }) {
  const limits = { facsimile: 'too long to be stored', 'capture to 16 MiB': 'stored' }
  return cases.flatMap(({ label, variants }) =>
    Object.entries(limits)
      .filter(([name]) => variants[name] !== undefined)
      .map(([name, limit]) => ({
        what: `${label}, ${limit}: longest pause, over that of bare Express`,
        atMost: BLOCK_MOST_MS,
        unit: ' ms',
        measured: variants[name].extraMs.median,
      })),
  )
}

export function memoryBars({ variants: { facsimile } }) {
  if (facsimile === undefined) return []
  const what = '20 MB page, streamed: peak memory, over that of bare Express'
  return [{ what, atMost: MEMORY_MOST_MEGABYTES, unit: ' MB', measured: facsimile.extraMegabytes.median }]
}

export function fetchBars({ cases }) {
  return cases.map(({ mode, kibibytes, summary }) => ({
    what: `${kibibytes} KB page, fetched ${mode}, against the bare route`,
    atLeast: FETCH_LEAST,
    unit: '',
    measured: summary.requests.median,
  }))
}

/** Judged by the figure itself, not by how it is rounded for the table. */
export function isMet({ atLeast = -Infinity, atMost = Infinity, measured }) {
  return measured >= atLeast && measured <= atMost
}

/** `undefined` where there is no bar. */
export function renderBars(rows) {
  if (rows.length === 0) return undefined
  const cells = rows.map((row) => {
    const { what, atLeast, atMost, unit, measured } = row
    const bar = atLeast === undefined ? `at most ${atMost}${unit}` : `at least ${atLeast.toFixed(2)}${unit}`
    return [what, bar, `${measured.toFixed(3).replace('-', '−')}${unit}`, isMet(row) ? 'yes' : '**no**']
  })
  return table(['what', 'bar', 'measured', 'met'], cells)
}
