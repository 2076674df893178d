// Every word that Facsimile has for what did not happen, each with what it means and what to do about it. Logs, events, the
// response header and docs/words.md show these very texts.
import type { Explanation } from './explanation.js'
import { FINDINGS } from './findings.js'

export type { Explanation }

/** The words for which a response is passed over: left as the application made it, and not stored. */
const PASS_OVERS = {
  cookie: [
    'The visitor has the opt-out cookie.',
    'Delete the cookie, or set `optOutCookie` to another one or to `false`.',
  ],
  privacy: [
    'The visitor sent a privacy signal that counts as an opt-out.',
    'Change `privacySignals` if it should not.',
  ],
  'not-navigation': [
    'A script asked for it (XHR or fetch), or a part of a page: no visitor will see it as a page.',
    'Nothing is to be done; a client that loads pages in another way leaves `Sec-Fetch-Dest` and `X-Requested-With` out.',
  ],
  excluded: ['The path is not in `include`, or it is in `exclude`.', 'Change these two settings.'],
  'sampled-out': ['The page view fell outside of `sampleRatio`.', 'Raise `sampleRatio`.'],
  'own-path': [
    'The request is for `fetchPath`, and something else than the fetcher answered it.',
    'Mount the fetcher there.',
  ],
  'no-snippets': [
    'No snippet is meant for this page, and pages are not stored.',
    'See the `when` of the snippets, and `disableCache`.',
  ],
  'already-injected': ['Another Facsimile, further in, has done it already.', 'Mount the filter once.'],
  'no-body': ['The response has no page: its status is 1xx, 204, 205 or 304.', 'Nothing is to be done.'],
  redirect: [
    'The response leads elsewhere (301, 302, 303, 307 or 308 with a Location): visitors never see its body.',
    'Nothing is to be done.',
  ],
  partial: ['The response is a part of a page (206 or Content-Range).', 'Nothing is to be done.'],
  'not-html': [
    'The Content-Type is missing, is given several times or is not text/html.',
    'Send `Content-Type: text/html` with pages; for XHTML set `xhtml`.',
  ],
  attachment: ['The response is a download (Content-Disposition: attachment).', 'Nothing is to be done.'],
  'no-transform': ['The response forbids changes (Cache-Control: no-transform).', 'Drop the directive for pages.'],
  encoded: [
    'The body is compressed in a way that Node cannot undo.',
    'Use gzip, deflate, br or zstd, or compress further out than the filter.',
  ],
  undecodable: ['The body is not what its Content-Encoding says.', 'Look at what compresses the page.'],
  charset: ['The charset is not a superset of ASCII, or its name is not known.', 'Send pages as UTF-8.'],
  fragment: [
    'The response has neither doctype nor html, head or body tag; as XHTML, no html element.',
    'Nothing is to be done for a part of a page.',
  ],
  error: ['Facsimile itself failed; the page left as it was.', 'See the log, and report it.'],
} as const satisfies Record<string, Explanation>

export type PassOver = keyof typeof PASS_OVERS

/** The words for which a page that left with its token could not be stored. */
const LOSSES = {
  'too-large': ['The page is longer than `maxPageBytes`.', 'Raise `maxPageBytes`.'],
  overloaded: ['Too many pages were being stored at the same time.', 'Look at the speed of the cache provider.'],
  paused: ['The cache provider failed repeatedly and is left alone for 5 s.', 'Look at the cache provider.'],
  timeout: ['The cache provider did not store the page in time.', 'Look at the speed of the cache provider.'],
  failed: ['The cache provider refused the page.', 'See the error in the log.'],
} as const satisfies Record<string, Explanation>

export type Loss = keyof typeof LOSSES

/** The words for which the address guard lets nobody in. */
const REFUSALS = {
  'not-listed': [
    'The client address is not on the allowlist.',
    'If it is the crawler, add its address to `allowedAddresses`.',
  ],
  'allowlist-empty': [
    'The allowlist is empty, which admits nobody.',
    'List the addresses of the crawler in `allowedAddresses`.',
  ],
  'peer-not-trusted': [
    'The connection does not come from a trusted proxy, so its own address counts as the client, and that is not on the allowlist.',
    'If it is your proxy, add its address to `clientAddress.trustedProxies`.',
  ],
  'no-peer': [
    'The connection has no remote address: it is closed already, or a Unix socket.',
    'Listen on a TCP port, or have the proxy that uses the socket guard the fetch path.',
  ],
  'peer-invalid': [
    'The remote address of the connection is not the address of one host.',
    'Look at what makes the connection: an address like 0.0.0.0 or :: is nobody.',
  ],
  'header-missing': [
    'A trusted proxy sent the request without an address in the header that is to name the client.',
    'Have the proxy set the header that `clientAddress.source` names.',
  ],
  'header-invalid': [
    'The header that is to name the client holds something else where its address is expected.',
    'Have the proxy write plain addresses, or name another header in `clientAddress.source`.',
  ],
} as const satisfies Record<string, Explanation>

export type Refusal = keyof typeof REFUSALS

/** The words for which the fetcher has no page. */
const MISSES = {
  malformed: [
    'The token is missing, given twice, or not one that Facsimile makes.',
    'See whether the crawler has the fetch URL whole, as the page carries it.',
  ],
  taken: [
    'The page was fetched already, and `deleteAfterPull` lets one fetch take it.',
    'Nothing is to be done for a crawler that asks twice; where browsers show a page again from their cache, send `Cache-Control: no-cache` with pages or set `deleteAfterPull` to `false`.',
  ],
  expired: [
    'The page waited for `maxCachedSeconds` and is gone.',
    'Raise `maxCachedSeconds`, or see why the crawler comes so late.',
  ],
  lost: [
    'The page left with its token, and could not be stored.',
    'See the words for pages that are not stored, in the log and in the metrics.',
  ],
  evicted: [
    'The page was stored here and its time is not over, but the store has it no more.',
    'Nothing is to be done where another server handed it over; else raise `maxCachedPages` and `maxCachedBytes`, or see who deletes in the store.',
  ],
  unknown: [
    'This process has stored no page under the token: another one has, which does not share its store, or it was started anew since.',
    'Where several servers or processes answer, let them share a store, or set `fetchUrl`.',
  ],
} as const satisfies Record<string, Explanation>

export type Miss = keyof typeof MISSES

/** The words for which a page that is in the store cannot be opened. */
const UNREADABLES = {
  'unknown-key': [
    'The page was sealed with a key that is not there.',
    'Keep the old key in `encryptionKeys` until the pages that it sealed have expired.',
  ],
  damaged: ['The page was changed or cut short in the store.', 'Look at who else can write to the store.'],
  'not-ours': [
    'The page is not sealed as the settings say.',
    'Nothing is to be done after a change of `encryptionKeys` or `compression`: such pages expire.',
  ],
} as const satisfies Record<string, Explanation>

export type Unreadable = keyof typeof UNREADABLES

export type Finding = keyof typeof FINDINGS

/** All of them, by what happened. A word stands for one thing within its kind. */
export const WORDS = {
  'passed over': PASS_OVERS,
  'not stored': LOSSES,
  refused: REFUSALS,
  missed: MISSES,
  unreadable: UNREADABLES,
  found: FINDINGS,
} as const satisfies Record<string, Readonly<Record<string, Explanation>>>

export type WordKind = keyof typeof WORDS

/** The meaning of a word, and its remedy: two sentences for a log. */
export function explain<Kind extends WordKind>(kind: Kind, word: keyof (typeof WORDS)[Kind]): string {
  return (WORDS[kind][word] as Explanation).join(' ')
}
