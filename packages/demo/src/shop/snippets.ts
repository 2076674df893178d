// The tracking code that Facsimile puts into the shop's pages: Replay desk's two snippets.
import type { FacsimileSettings } from '@facsimile/express'

type Snippets = NonNullable<FacsimileSettings['snippets']>

/**
 * The first notes when the page began. The second waits until the page has loaded and sends one beacon: where a copy
 * of this very page waits, and the page as this browser holds it, to compare. Replay desk is at an origin of its own, or
 * at a port of the host by which this visitor knows the shop.
 */
export function createSnippets(tracker: { readonly origin: string } | { readonly port: number }): Snippets {
  const target =
    'origin' in tracker
      ? JSON.stringify(tracker.origin)
      : `location.protocol + '//' + location.hostname + ':${tracker.port}'`
  return [
    {
      name: 'start-time',
      placement: 'head-start',
      html: '<script nonce="%Nonce%">window.replayDesk={startedAt:Date.now()}</script>',
    },
    { name: 'recorder', placement: 'body-end', html: `<script nonce="%Nonce%">${recorder(target)}</script>` },
  ]
}

/**
 * `target` is a JavaScript expression. `%FetchUrl%` becomes a JavaScript string with its quotes, or null where there is no copy to fetch; `%Nonce%` above is
 * the one in the shop's own policy.
 */
function recorder(target: string): string {
  return `
addEventListener('load', function () {
  var fetchUrl = %FetchUrl%
  if (!fetchUrl) return
  var doctype = document.doctype ? '<!doctype html>\\n' : ''
  var beacon = new Blob([JSON.stringify({
    fetchUrl: new URL(fetchUrl, location.href).href,
    pageUrl: location.href,
    title: document.title,
    width: innerWidth,
    height: innerHeight,
    loadMs: Date.now() - window.replayDesk.startedAt,
    snapshot: doctype + document.documentElement.outerHTML
  })], { type: 'application/json' })
  fetch(${target} + '/beacon', {
    method: 'POST',
    credentials: 'omit',
    keepalive: beacon.size < 60000,
    body: beacon
  }).catch(function () { console.info('Replay desk did not take the beacon.') })
})
`
}
