// How figures are written: Markdown tables, and the part of a document that holds them.

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

/** Prettier's own layout of a Markdown table, so that a written document passes `npm run check`. */
export function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)))
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Paragraphs and tables, one below the other; what is `undefined` is left out. */
export function paragraphs(...parts) {
  return parts.filter((part) => part !== undefined).join('\n\n')
}

export function formatRatio({ median, min, max }) {
  return `**${median.toFixed(2)}** (${min.toFixed(2)} to ${max.toFixed(2)})`
}

export function formatDifference({ median, min, max }, digits) {
  return `**${signed(median, digits)}** (${signed(min, digits)} to ${signed(max, digits)})`
}

export function signed(value, digits) {
  const text = value.toFixed(digits)
  return Number(text) < 0 ? text.replace('-', '−') : `+${text.replace('-', '')}`
}
