// What each setting means, in one sentence: for editors (through the JSON Schema), for the README and for the pages that
// show settings.

/** A part of a setting stands under the names of both, `clientAddress.source`; parts of list items as well. */
export const SETTING_MEANINGS: Readonly<Record<string, string>> = {
  snippets: 'ordered list of `{ name, html, placement, when?, unlessPageContains? }`',
  'snippets.name': 'for logs and errors; no two snippets share one',
  'snippets.html': 'inserted literally, but for the placeholders `%FetchUrl%`, `%CacheToken%` and `%Nonce%`',
  'snippets.placement': 'the place of the page: `head-start`, `head-end`, `body-start` or `body-end`',
  'snippets.when': 'path patterns of the pages that get this snippet; without it all do',
  'snippets.unlessPageContains': 'the snippet is left out of a page that has this text before its place',
  cacheProvider: 'where pages wait: a location, or a provider of your own',
  maxCachedSeconds: 'life of a stored page, 1 to 86400',
  maxCachedPages: 'pages that the `memory:` and `file:` providers hold; oldest first out',
  maxCachedBytes: 'bytes that the `memory:` and `file:` providers hold',
  maxPageBytes: 'a longer page still gets its snippets and is sent, and is not stored',
  deleteAfterPull:
    'one fetch takes the page; `false`: it stays until it expires, for visitors who come back to a page by the back button',
  allowedAddresses: 'IP addresses and ranges (`192.0.2.0/24`, `2001:db8::/32`) that may fetch; empty admits nobody',
  clientAddress:
    "how a client's address is found: `source` is `socket`, `x-forwarded-for`, `forwarded` (RFC 7239) or the name of any header, which counts only when a proxy in `trustedProxies` sent it",
  'clientAddress.source': '`socket`, `x-forwarded-for`, `forwarded` (RFC 7239) or the name of any header',
  'clientAddress.trustedProxies': 'IP addresses and ranges of the proxies whose header counts',
  fetchPath: "the fetcher answers `GET {fetchPath}?t={token}`, a path from the site's root on",
  fetchUrl:
    'absolute pattern such as `https://s1.example.com/facsimile?t=%CacheToken%`, where each server of a farm has a host of its own',
  stickyCookies:
    'cookies that pin a visitor to a server; added to the fetch URL as `#CTFetchCookies=…`, so that the crawler sends them back',
  optOutCookie: 'a request with this cookie gets its page untouched and unstored; `false` switches that off',
  'optOutCookie.name': 'name of the cookie',
  'optOutCookie.value': 'the value that means "do not record me"',
  privacySignals: "which of `'gpc'` (`Sec-GPC: 1`) and `'dnt'` (`DNT: 1`) count as an opt-out",
  sampleRatio: 'share of first views (requests without the opt-out cookie) that are filtered and stored',
  include: 'path patterns to filter: `*` within a folder, `**` across folders; case does not count',
  exclude: 'path patterns to leave alone',
  encryptionKeys: 'keys that stored pages are encrypted with, the current one first',
  compression: "how stored pages are compressed: `'brotli'`, `'gzip'`, or `'zstd'` where Node has it (from 22.15)",
  xhtml:
    '`application/xhtml+xml` counts as a page too; every snippet must then be well-formed XML, which is checked at creation',
  storeAs: "store the page as the application made it; `'sent'`: with the snippets",
  csp: "what to do with a page's own Content-Security-Policy: use its nonces; `'hash'`: add hashes to it as well",
  disableFilter: 'insert nothing',
  disableCache: 'store nothing: `%FetchUrl%` becomes `null` and `%CacheToken%` empty',
  allowDebug: 'serve the debug page, to addresses in `allowedAddresses`; while it is off, nothing answers there',
  debugPath: 'where the debug page is',
  logger: 'anything with `debug`, `info`, `warn` and `error`, called as `(fields, message)`: pino, or `console`',
}
