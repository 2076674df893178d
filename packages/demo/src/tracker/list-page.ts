// The list of recordings, newest first.
import { html, type Html } from '../html.js'
import { isFetched } from './fetched-text.js'
import { chip, formatBytes, renderLayout, timeOf, viewSize } from './layout.js'
import type { Recording } from './recordings.js'

export function renderList(recordings: readonly Recording[], shopUrl: string): string {
  return renderLayout({
    title: 'Recordings',
    shopUrl,
    live: true,
    main: html` <h1>Recordings</h1>
      <p class="lead">
        Each page of the shop carries a snippet that reports here. The crawler then fetches the copy that Facsimile kept
        of that very page, once, and also asks for the page's address like any anonymous crawler, to compare.
      </p>
      <p class="unseen" role="status" id="announcement"></p>
      <div id="recordings">${recordings.length === 0 ? firstSteps(shopUrl) : table(recordings)}</div>`,
  })
}

function firstSteps(shopUrl: string): Html {
  return html`<div class="empty">
    <h2>Nothing has been recorded yet</h2>
    <ol>
      <li><a href="${shopUrl}/login" target="shop">Sign in to the shop</a>: the form tells you as whom.</li>
      <li>Look at the account page, which no crawler can reach.</li>
      <li>Come back: its recording stands here, with no reload where scripts run.</li>
    </ol>
  </div>`
}

function table(recordings: readonly Recording[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Page</th>
        <th scope="col">Time</th>
        <th scope="col">Answer</th>
        <th scope="col">Size</th>
        <th scope="col">View</th>
        <th scope="col">Copy from Facsimile</th>
        <th scope="col">Crawler on its own</th>
      </tr>
    </thead>
    <tbody>
      ${recordings.map(row)}
    </tbody>
  </table>`
}

function row(recording: Recording): Html {
  const { id, beacon, copy, receivedAt, verdicts } = recording
  const fetched = isFetched(copy) ? copy : undefined
  return html`<tr>
    <th scope="row"><a href="/recordings/${id}">${beacon.path}</a> <span class="faint">${beacon.title}</span></th>
    <td data-label="Time">${timeOf(receivedAt)}</td>
    <td data-label="Answer">${fetched?.page ? `${fetched.page.method} ${fetched.page.status}` : '–'}</td>
    <td data-label="Size">${fetched?.status === 200 ? formatBytes(fetched.body.length) : '–'}</td>
    <td data-label="View">${viewSize(recording)}</td>
    <td data-label="Copy from Facsimile">${chip(verdicts.copy.good, verdicts.copy.words)}</td>
    <td data-label="Crawler on its own">${chip(verdicts.anonymous.good, verdicts.anonymous.words)}</td>
  </tr> `
}
