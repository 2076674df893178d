// What the benchmark prints: Markdown tables, and the part of README.md that holds them.

/** A table of ratios from the results of `measureThroughput`, with the description of the machine under it. */
export function renderThroughput({ environment, variants, cases }) {
  const columns = variants.flatMap((name) => [name, 'CPU'])
  const rows = cases.map(({ label, bareRequestsPerSecond, summaries }) => [
    label,
    String(Math.round(bareRequestsPerSecond)),
    ...variants.flatMap((name) => [formatSpread(summaries[name].requests), formatCpu(summaries[name])]),
  ])
  return [
    table(['response', 'bare Express, req/s', ...columns], rows),
    '',
    'Requests per second as a ratio to bare Express: median of the pairs (lowest to highest pair); 1.00 is no cost. CPU: processor time for one request as a ratio, and its difference in microseconds. The handlers do nothing but send, so these are the worst cases.',
    '',
    describe(environment),
  ].join('\n')
}

/** The two tables of `measureMemory`. */
export function renderMemory({ environment, variants }) {
  const rows = Object.entries(variants).map(
    ([name, { peakMegabytes, extraMegabytes, firstByteMs, extraFirstByteMs }]) => [
      name,
      peakMegabytes.toFixed(1),
      formatDifference(extraMegabytes, 1),
      firstByteMs.toFixed(2),
      formatDifference(extraFirstByteMs, 2),
    ],
  )
  return [
    table(['filter', 'peak memory, MB', 'difference, MB', 'first byte, ms', 'difference, ms'], rows),
    '',
    'Peak resident memory of a fresh process that streams a 20 MB page several times, and time to the first byte of a page whose handler writes the head, waits, and writes the rest. Differences are to bare Express: median of the pairs (lowest to highest pair).',
    '',
    describe(environment),
  ].join('\n')
}

/**
 * `document` with `text` between the lines `<!-- {name}:start -->` and `<!-- {name}:end -->`, everything else untouched.
 * Throws when the two markers are not there once each and in order.
 */
export function replaceSection(document, name, text) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [before, inside, ...surplus] = document.split(start)
  const [, after, ...more] = inside?.split(end) ?? []
  if (after === undefined || surplus.length > 0 || more.length > 0 || before.includes(end)) {
    throw new Error(
      `The document must hold the lines "${start}" and "${end}" once each, in this order; add them where the table belongs.`,
    )
  }
  return `${before}${start}\n\n${text.trim()}\n\n${end}${after}`
}

function describe({ cores, platform, node, load, protocol, versions }) {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return (
    [`${cores} cores shared with the client`, platform, `Node ${node}`, load, protocol, packages.join(', ')].join(
      '; ',
    ) + '.'
  )
}

function formatSpread({ median, min, max }) {
  return `**${median.toFixed(2)}** (${min.toFixed(2)} to ${max.toFixed(2)})`
}

function formatCpu({ cpu, extraCpuMicros }) {
  return `${cpu.median.toFixed(2)} (${signed(extraCpuMicros, 0)} µs)`
}

function formatDifference(difference, digits) {
  if (difference === undefined) return ''
  const { median, min, max } = difference
  return `**${signed(median, digits)}** (${signed(min, digits)} to ${signed(max, digits)})`
}

function signed(value, digits) {
  const text = value.toFixed(digits)
  return Number(text) < 0 ? text.replace('-', '−') : `+${text.replace('-', '')}`
}

/** Prettier's own layout of a Markdown table, so that a written README passes `npm run check`. */
export function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)))
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
