// The headers of an explained page that are shown: what decides over injection, caching and browsers, and no cookie.
const SHOWN_HEADERS = [
  'content-type',
  'content-encoding',
  'cache-control',
  'expires',
  'vary',
  'location',
  'content-security-policy',
  'facsimile-status',
]

/** In the order in which they are shown. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(SHOWN_HEADERS.flatMap((name) => (name in headers ? [[name, headers[name] ?? '']] : [])))
}
