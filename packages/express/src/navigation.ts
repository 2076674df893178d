// Tells a visitor's way to a page from a script's request for it.
// Source: Fetch Metadata Request Headers, 2.1 and 2.2; the destinations are those of the Fetch Standard, 2.2.5.
import type { Request } from './http-types.js'

const PAGE_DESTINATIONS = new Set<unknown>(['document', 'iframe', 'frame', 'embed', 'object', 'fencedframe'])

/** Whether a browser shows the answer as a page. A request that does not say so, as `curl`'s, counts as one. */
export function isNavigation(req: Request): boolean {
  const { headers } = req
  const destination = headers['sec-fetch-dest']
  // The value is what scripts send; an app that shows the page in itself sends its own name.
  if (destination === undefined) return !isByScript(headers['x-requested-with'])
  // A service worker hands a navigation on as a request of its own, with an empty destination.
  return PAGE_DESTINATIONS.has(destination) || headers['sec-fetch-mode'] === 'navigate' || isAhead(req)
}

function isByScript(requestedWith: string | string[] | undefined): boolean {
  return requestedWith !== undefined && /^XMLHttpRequest$/i.test(String(requestedWith))
}

/** What `<link rel=prefetch>` loads is shown later. */
export function isAhead({ headers }: Request): boolean {
  const purpose = headers['sec-purpose']
  return purpose !== undefined && /^prefetch\b/.test(String(purpose))
}
