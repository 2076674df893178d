// The section on what happens: counts, the time line, and the last hundred events.
import { formatCount } from '../formats.js'
import type { EventLine, EventsReport } from '../events-report.js'
import { html, type Html } from '../html.js'
import { factTable, momentOf, scrolling, section, sentence, timeOf } from './parts.js'
import { timeLine } from './time-line.js'

/** What is counted, in the order in which it is shown. */
const COUNTED = [
  ['injected', 'Pages with snippets'],
  ['stored', 'Stored'],
  ['fetched', 'Fetched'],
  ['expired', 'Expired unfetched'],
  ['missed', 'Missed'],
  ['denied', 'Denied'],
  ['unavailable', 'Not looked up'],
  ['lost', 'Not stored'],
  ['unreadable', 'Unreadable'],
  ['blocked', 'Snippets left out'],
  ['skipped', 'Passed over'],
] as const

export function eventsSection(events: EventsReport): Html {
  return section('events', 'What happens', [
    html`<div class="live-line">
      <p id="live-status" class="live-status" aria-live="polite"></p>
      <button type="button" id="live-pause" class="second" hidden>Pause</button>
    </div>`,
    html`<noscript><p>Without scripts this is as it was when the page was loaded: load it again.</p></noscript>`,
    html`<div id="live">${liveView(events)}</div>`,
  ])
}

/** The part that is loaded again when something has happened. */
export function liveView(events: EventsReport): Html {
  return html`${timeLine(events.timeLine)} ${countTable(events)} ${eventTable(events.latest)}`
}

function countTable({ since, counts, ageAtFetch }: EventsReport): Html {
  const rows = COUNTED.map(([name, title]) => {
    const words = Object.entries(counts).filter(([key]) => key.startsWith(`${name}/`))
    const byWord = words.map(([key, times]) => `${key.slice(name.length + 1)} ${formatCount(times)}`).join(', ')
    return [title, html`<b>${formatCount(counts[name] ?? 0)}</b>${byWord !== '' && ` (${byWord})`}`] as const
  })
  return html`<p>Counted by this process since ${momentOf(since)}.</p>
    ${factTable('Counts since the start', [...rows, ['Age at fetch', ageAtFetch]])}`
}

function eventTable(latest: readonly EventLine[]): Html {
  if (latest.length === 0) return html`<p class="empty">Nothing has happened yet. Visit a page of the site.</p>`
  const caption = 'The last 100 events, the latest first; times are UTC'
  return scrolling(
    caption,
    html`<table class="events">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Event</th>
          <th scope="col">What of it</th>
        </tr>
      </thead>
      <tbody>
        ${latest.map(eventRow)}
      </tbody>
    </table>`,
  )
}

function eventRow({ at, what, word, detail, times, isTrouble }: EventLine): Html {
  return html`<tr${isTrouble && html` class="is-trouble"`}><td>${timeOf(at)}</td>
    <td>${what}${times > 1 && html` <span class="times">${formatCount(times)} times</span>`}</td>
    <td>${word !== undefined && html`<code class="word">${word}</code> `}${sentence(detail ?? '')}</td></tr>`
}
