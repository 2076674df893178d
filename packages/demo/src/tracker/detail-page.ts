// One recording: what the visitor saw, the copy from Facsimile and what a crawler gets on its own, side by side.
import { maskPageToken } from '@facsimile/core'
import { Html, html, type HtmlValue } from '../html.js'
import type { FetchResult } from './crawler.js'
import { isFetched, textOf } from './fetched-text.js'
import { FETCH_PATH } from './fetch-target.js'
import { chip, formatBytes, renderLayout, timeOf, viewSize } from './layout.js'
import type { Recording } from './recordings.js'
import { pageOf, type View } from './replay.js'
import type { Verdict } from './verdict.js'

export function renderDetail(recording: Recording, shopUrl: string): string {
  const { id, beacon } = recording
  return renderLayout({
    title: `Recording ${id}`,
    shopUrl,
    main: html` <p class="kicker"><a href="/">Recordings</a> / ${id}</p>
      <h1>${beacon.path}</h1>
      ${facts(recording)}
      <div class="panes">
        ${pane(recording, 'visitor', {
          title: 'What the visitor saw',
          origin: "The document in the visitor's browser, sent with the beacon",
        })}
        ${pane(recording, 'copy', {
          title: 'The copy from Facsimile',
          origin: html`<code>GET ${FETCH_PATH}?t=${maskPageToken(beacon.token)}</code> ${statusOf(recording.copy)}`,
          verdict: recording.verdicts.copy,
        })}
        ${pane(recording, 'anonymous', {
          title: 'A crawler on its own',
          origin: html`<code>GET ${trailOf(recording)}</code> ${statusOf(recording.anonymous)}`,
          verdict: recording.verdicts.anonymous,
        })}
      </div>
      ${differences(recording)} ${refetch(recording)} ${source(recording)}`,
  })
}

function facts(recording: Recording): Html {
  const { beacon, copy, receivedAt } = recording
  const fetched = isFetched(copy) && copy.status === 200 ? copy : undefined
  const rows: readonly (readonly [string, HtmlValue])[] = [
    ['Title', beacon.title],
    ['Recorded', timeOf(receivedAt)],
    ['Fetched from', fetched?.servedBy],
    ['Page answered', fetched?.page && `${fetched.page.method} with ${fetched.page.status}`],
    ['Size', fetched && formatBytes(fetched.body.length)],
    ['Digest', fetched && (fetched.digestMatches ? 'sha-256 matches' : 'none was sent')],
    ["Visitor's view", viewSize(recording)],
    ['Loaded in', `${beacon.loadMs} ms`],
  ]
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        value !== undefined &&
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl>`
}

interface PaneText {
  readonly title: string
  readonly origin: HtmlValue
  /** Absent for the view that the others are measured by. */
  readonly verdict?: Verdict
}

function pane(recording: Recording, view: View, { title, origin, verdict }: PaneText): Html {
  const address = `/recordings/${recording.id}/replay/${view}`
  return html`<section class="pane">
    <h2>${title}</h2>
    <p class="origin">${origin}</p>
    <p>${verdict ? chip(verdict.good, verdict.words) : html`<span class="chip">The measure</span>`}</p>
    ${
      pageOf(recording, view) === undefined
        ? html`<p class="no-page">There is no page to show.</p>`
        : html`<div class="screen"><iframe src="${address}" title="${title}" sandbox=""></iframe></div>
            <p class="below">
              <a href="${address}" target="_blank">Full size<span class="unseen">: ${title}</span></a>
            </p>`
    }
  </section> `
}

/** In words what the panes show: what is lost without the copy, or, when it should ever happen, with it. */
function differences(recording: Recording): Html | false {
  const copy = recording.verdicts.copy.comparison
  const anonymous = recording.verdicts.anonymous.comparison
  const lists = [
    copy && wordList('Missing in the copy', copy.onlyFirst),
    copy && wordList('Only in the copy', copy.onlySecond),
    anonymous && wordList('The crawler on its own misses', anonymous.onlyFirst),
    anonymous && wordList('It gets instead', anonymous.onlySecond),
  ].filter((list) => list instanceof Html)
  return (
    lists.length > 0 &&
    html`<section class="differences">
      <h2>What is different</h2>
      ${lists}
    </section>`
  )
}

function wordList(label: string, words: readonly string[]): Html | false {
  return (
    words.length > 0 && html`<p class="words"><b>${label}:</b> ${words.map((word) => html`<span>${word}</span> `)}</p>`
  )
}

function statusOf(result: FetchResult): string {
  return isFetched(result) ? `answered ${result.status}` : 'had no answer'
}

function trailOf({ anonymous, beacon }: Recording): string {
  return isFetched(anonymous) ? anonymous.trail.join(' → ') : beacon.path
}

function refetch({ id, beacon, refetch: last }: Recording): Html {
  return html`<section class="again" id="again">
    <h2>Once, and once only</h2>
    <p>The copy was handed out and deleted. Whoever finds the token later, in a log or a history, gets nothing.</p>
    <form method="post" action="/recordings/${id}/fetch-again"><button>Fetch again</button></form>
    ${
      last &&
      html`<p role="status">
        <code>GET ${FETCH_PATH}?t=${maskPageToken(beacon.token)}</code> at ${timeOf(last.at)}
        ${
          isFetched(last.result)
            ? html`answered <b>${last.result.status}</b>${last.result.status === 404 && ': the copy is gone'}.`
            : html`had no answer: ${last.result.failure}.`
        }
      </p>`
    }
  </section>`
}

/** The bytes as they came, to read; `/source` has them to save and to compare. */
function source({ id, copy }: Recording): Html | false {
  if (!isFetched(copy) || copy.status !== 200) return false
  return html`<details class="source">
    <summary>Source of the copy, ${formatBytes(copy.body.length)}</summary>
    <p><a href="/recordings/${id}/source">The very bytes, as plain text</a></p>
    <pre tabindex="0"><code>${textOf(copy)}</code></pre>
  </details>`
}
