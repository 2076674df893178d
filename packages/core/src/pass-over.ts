// The words for which a response is passed over: left as the application made it, and not stored.

/** Each word with what it means and what to do about it. Logs, events, the response header and the README show them. */
export const PASS_OVERS = {
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
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>

export type PassOver = keyof typeof PASS_OVERS

/** The words for which a page that left with its token could not be stored. */
export const LOSSES = {
  'too-large': ['The page is longer than `maxPageBytes`.', 'Raise `maxPageBytes`.'],
  overloaded: ['Too many pages were being stored at the same time.', 'Look at the speed of the cache provider.'],
  paused: ['The cache provider failed repeatedly and is left alone for 5 s.', 'Look at the cache provider.'],
  timeout: ['The cache provider did not store the page in time.', 'Look at the speed of the cache provider.'],
  failed: ['The cache provider refused the page.', 'See the error in the log.'],
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>

export type Loss = keyof typeof LOSSES
