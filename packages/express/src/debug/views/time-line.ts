// A picture of ten minutes: pages stored above the line, pages fetched below it.
import type { TimeSlot } from '../event-log.js'
import { formatCount } from '../formats.js'
import { html, type Html } from '../html.js'

const WIDTH = 600
const HALF = 60
const MINUTES = 10
const MARKS = [8, 6, 4, 2]
const TITLE = 'Pages stored and fetched in the last 10 minutes'

export function timeLine(slots: readonly TimeSlot[]): Html {
  const most = Math.max(1, ...slots.map(({ stored, fetched }) => Math.max(stored, fetched)))
  const isEmpty = slots.every(({ stored, fetched }) => stored + fetched === 0)
  const step = WIDTH / slots.length
  const barsOf = (key: keyof TimeSlot) =>
    slots.map((slot, index) => {
      if (slot[key] === 0) return false
      const height = Math.max(2, (slot[key] / most) * (HALF - 4))
      const y = key === 'stored' ? HALF - 1 - height : HALF + 1
      return html`<rect
        class="${key}"
        x="${(index * step + 1).toFixed(1)}"
        y="${y.toFixed(1)}"
        width="${(step - 2).toFixed(1)}"
        height="${height.toFixed(1)}"
      ></rect>`
    })
  return html`<figure class="time-line">
    <svg
      viewBox="0 0 ${WIDTH} ${HALF * 2}"
      preserveAspectRatio="none"
      role="img"
      aria-labelledby="time-line-title time-line-text"
    >
      <title id="time-line-title">${TITLE}</title>
      <desc id="time-line-text">${describe(slots)}</desc>
      ${MARKS.map((minutes) => {
        const x = WIDTH - (minutes / MINUTES) * WIDTH
        return html`<line class="mark" x1="${x}" y1="0" x2="${x}" y2="${HALF * 2}"></line>`
      })}
      <line class="axis" x1="0" y1="${HALF}" x2="${WIDTH}" y2="${HALF}"></line>
      ${barsOf('stored')} ${barsOf('fetched')}
    </svg>
    <div class="time-scale" aria-hidden="true">
      <span>10 min</span>${MARKS.map((minutes) => html`<span>${minutes}</span>`)}<span>now</span>
    </div>
    <figcaption>
      <span class="key stored">stored, above</span> <span class="key fetched">fetched, below</span>
      <span>From 10 minutes ago to now: ${describe(slots)}</span>
      ${isEmpty ? false : html`<span>The highest bar is ${formatCount(most)} in 10 seconds.</span>`}
    </figcaption>
  </figure>`
}

function describe(slots: readonly TimeSlot[]): string {
  const sum = (key: keyof TimeSlot) => slots.reduce((total, slot) => total + slot[key], 0)
  return `${formatCount(sum('stored'))} stored and ${formatCount(sum('fetched'))} fetched.`
}
