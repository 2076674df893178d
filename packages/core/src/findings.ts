// The words of the table for an installation: what whoever looks at it finds wrong with it.
import type { Explanation } from './explanation.js'

/** The words for what the debug page, `facsimile doctor` and `facsimile settings check` find wrong, or worth a look. */
export const FINDINGS = {
  'page-failing': [
    'The page answered with an error, or not at all.',
    'Open it in a browser; where it needs a login, give the cookies of a visitor.',
  ],
  'filter-not-reached': [
    'A page left without having passed the filter.',
    'Mount `middleware` before the routes, and before whatever else answers with pages.',
  ],
  'mounted-twice': ['The filter stands twice in the chain.', 'Mount it once.'],
  'compressed-inside': [
    'Pages are compressed before they reach the filter, which has to undo it and to do it again.',
    'Mount `compression` before Facsimile, so that it stands further out.',
  ],
  'snippet-missing': [
    'A page came without the snippets that are meant for it.',
    'See why the page is passed over: the header Facsimile-Status tells it to allowed addresses.',
  ],
  'snippet-twice': [
    'A snippet stands in the page more than once.',
    'Remove the copy from the templates, or give the snippet an `unlessPageContains`.',
  ],
  'snippet-misplaced': [
    'A snippet stands at another place than the settings say.',
    'See that these are the settings of the running server, and what changes pages behind the filter.',
  ],
  'snippet-blocked': [
    "A snippet was left out, because the page's Content-Security-Policy would block it.",
    "Give the policy a nonce, or set `csp` to 'hash'.",
  ],
  'script-blocked': [
    "The browser refused a snippet by the page's Content-Security-Policy.",
    "Give the policy a nonce, or set `csp` to 'hash'; see that nothing behind the filter changes the policy.",
  ],
  'policy-violated': [
    "The browser refused something of the page by the page's Content-Security-Policy.",
    'Where it belongs to a snippet allow it in the policy; else it is the own affair of the page.',
  ],
  'script-silent': [
    'A snippet stands in the page, and the browser has not run it to its end.',
    'See the error in the console of the browser.',
  ],
  'fetch-url-missing': [
    'A page carries no fetch URL, so the crawler cannot find its stored copy.',
    'Put %FetchUrl% or %CacheToken% into a snippet, or place `tokenFor` in the page.',
  ],
  'fetch-url-insecure': [
    'The fetch URL is plain HTTP: private pages cross the network in the clear.',
    'Write `fetchUrl` with https, or leave it out.',
  ],
  'fetch-url-elsewhere': [
    'The setting `fetchUrl` does not lead to `fetchPath` with the token as `t`.',
    'Let it end in the `fetchPath` and ?t=%CacheToken%, unless a proxy makes that of it.',
  ],
  'fetcher-unreachable': [
    'The fetcher does not answer at the fetch URL.',
    'Mount `middleware` or `fetcher` there; see that `fetchUrl` leads to this server and that no proxy answers in its place.',
  ],
  'page-cacheable': [
    'Shared caches may keep the page, while its token is good for one fetch: the recordings of all but the first visitor would miss.',
    'Send `Cache-Control: no-store` or `private, no-cache` with pages, or set `deleteAfterPull` to `false`.',
  ],
  'page-kept-by-browsers': [
    'Browsers may show the page again without asking, while its token is good for one fetch: the recordings of such views miss.',
    'Send `Cache-Control: no-cache` with pages, or set `deleteAfterPull` to `false` and `maxCachedSeconds` to the time between the views.',
  ],
  'copy-missing': [
    'The first fetch of a page found no copy of it.',
    'See the debug page or the log for the reason: the page was too large, the store failed, or another server answered.',
  ],
  'copy-fetched-twice': [
    'A second fetch was given the page again.',
    'Nothing is to be done with `deleteAfterPull` set to `false`; else see whether a cache stands before the fetch path.',
  ],
  'copy-differs': [
    'The copy is not the page that the visitor got without its snippets.',
    'Mount Facsimile as the outermost middleware that changes pages, and see what changes them behind it.',
  ],
  'coding-broken': [
    'The page comes compressed when a browser asks for it so, and cannot be decoded.',
    'Look at what compresses pages, here or in a proxy: it must name its coding in Content-Encoding, once.',
  ],
  'robots-allowed': [
    'The file robots.txt lets search engines visit the fetch path.',
    'Add what `facsimile robots` prints, or let `facsimile robots --write` do it.',
  ],
  'robots-tag-missing': [
    'The fetcher answered without X-Robots-Tag.',
    'See what removes response headers between the fetcher and the crawler.',
  ],
  'address-refused': [
    'The fetcher refuses the address from which this was asked.',
    'If it is the crawler, add it to `allowedAddresses`; behind a proxy see `clientAddress`.',
  ],
  'address-admitted': [
    'The fetcher lets in an address that it should refuse.',
    'Narrow `allowedAddresses`; behind a proxy see `clientAddress`, or everybody comes from its address.',
  ],
  'proxy-not-trusted': [
    'Requests come with a header that names the client, and the proxy that sent it is not trusted.',
    'Set `clientAddress.source` to the header and `clientAddress.trustedProxies` to the address of the proxy, if it is yours.',
  ],
  'proxies-missing': [
    'The setting `clientAddress.source` names a header, and no proxy is trusted to set it: it never counts.',
    'List the addresses of the proxies in `clientAddress.trustedProxies`.',
  ],
  'proxies-wide': [
    'A range of trusted proxies holds nearly everybody: whoever sends the header chooses his own address.',
    'List the addresses of the proxies alone in `clientAddress.trustedProxies`.',
  ],
  'allowlist-wide': [
    'A range of the allowlist holds nearly everybody, who may fetch private pages.',
    'List the addresses of the crawler alone in `allowedAddresses`.',
  ],
  'allowlist-local': [
    'This machine is on the allowlist, and the connection tells who asks: behind a proxy on it every visitor comes from there.',
    'Behind such a proxy set `clientAddress`; else take the machine out of `allowedAddresses` before visitors come.',
  ],
  'crawler-denied': [
    'The fetcher refused requests that looked like those of the crawler.',
    'If the address is the one of the crawler, add it to `allowedAddresses`; behind a proxy see `clientAddress`.',
  ],
  'crawler-absent': [
    'Pages are stored, and nobody fetches them.',
    'See that the snippets tell the tracking service the fetch URL, and that its crawler reaches the site.',
  ],
  'crawler-late': ['The crawler comes when the pages have expired, or shortly before.', 'Raise `maxCachedSeconds`.'],
  'store-failing': ['The cache provider is not well.', 'See what it says, and the log.'],
  'store-not-shared': [
    'Several processes answer, and each keeps its pages for itself: the crawler will ask the wrong one.',
    "Set `cacheProvider` to a store that they share: 'file:' on one machine, 'redis:' or 'mysql:' on several.",
  ],
  'store-full': [
    'The store is full or nearly so: each page that comes drives out the oldest, perhaps before the crawler has it.',
    'Raise `maxCachedPages` or `maxCachedBytes`, or lower `maxCachedSeconds`.',
  ],
  'pages-lost': ['Pages could not be stored.', 'See the words for pages that are not stored.'],
  'clock-wrong': [
    'The clocks of the server and of who asks it differ by more than a few seconds.',
    'Set both by NTP: the times of recordings, and what expires in a shared store, depend on it.',
  ],
  'nothing-sampled': ['`sampleRatio` is 0: no first view is recorded.', 'Raise `sampleRatio`.'],
  'filter-disabled': ['`disableFilter` is set: no snippet is inserted.', 'Remove the setting.'],
  'cache-disabled': ['`disableCache` is set: no page is stored.', 'Remove the setting.'],
  'debug-allowed': [
    '`allowDebug` is set: allowed addresses see the debug page.',
    'Remove the setting when you are done.',
  ],
  'pages-without-room': [
    'The setting `maxPageBytes` is more than `maxCachedBytes`: the longest pages have no room in the store.',
    'Raise `maxCachedBytes`, or lower `maxPageBytes`.',
  ],
  'no-snippets': ['There are no snippets.', 'Write the tracking code into `snippets`.'],
  'settings-not-reloaded': [
    'The settings file was changed and could not be used; the settings before are in force.',
    'Mend the file as the error says.',
  ],
  'settings-readable': [
    'The settings file holds a secret, and every user of this machine may read it.',
    'Take the right to read it from the others: chmod o-r.',
  ],
} as const satisfies Record<string, Explanation>
