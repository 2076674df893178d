// The section with the live round trip, and what the server answers to it where no script runs.
import { formatMs } from '../formats.js'
import { html, type Html } from '../html.js'
import type { RoundTrip } from '../round-trip.js'
import { chip, section } from './parts.js'

export function roundTripSection(debugPath: string): Html {
  return section('round-trip', 'Live round trip', [
    html`<p>
        Stores a random page in the cache provider; then your own browser fetches it, as the crawler would, and asks
        once more.
      </p>
      <form method="post" action="${debugPath}/round-trip" id="round-trip-form">
        <button>Try the round trip</button>
      </form>
      <div id="round-trip-result" role="status"></div>`,
  ])
}

export function roundTripView(trip: RoundTrip, debugPath: string): Html {
  return html`<h1>Round trip</h1>
    ${'failure' in trip ? failed(trip.failure) : stored(trip)}
    <p><a href="${debugPath}#round-trip">Back to the debug page</a></p>`
}

function failed(failure: string): Html {
  return html`<p>${chip('fault', '✕', 'Not stored')} ${failure}</p>`
}

function stored({ url, text, storedMs }: Exclude<RoundTrip, { readonly failure: string }>): Html {
  return html`<p>${chip('fine', '✓', 'Stored')} It took ${formatMs(storedMs)}.</p>
    <ol>
      <li>Open <a href="${url}">the fetch URL</a>. It must show <b>${text}</b>.</li>
      <li>Load it again. The answer must be 404, unless <code>deleteAfterPull</code> is <code>false</code>.</li>
    </ol>`
}
