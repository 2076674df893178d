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
  excluded: ['The path is not in `include`, or it is in `exclude`.', 'Change these two settings.'],
  'sampled-out': ['The page view fell outside of `sampleRatio`.', 'Raise `sampleRatio`.'],
  'already-injected': ['Another Facsimile, further in, has done it already.', 'Mount the filter once.'],
  'no-body': ['The response has no page: its status is 1xx, 204, 205 or 304.', 'Nothing is to be done.'],
  partial: ['The response is a part of a page (206 or Content-Range).', 'Nothing is to be done.'],
  'not-html': ['The Content-Type is missing or is not text/html.', 'Send `Content-Type: text/html` with pages.'],
  attachment: ['The response is a download (Content-Disposition: attachment).', 'Nothing is to be done.'],
  'no-transform': ['The response forbids changes (Cache-Control: no-transform).', 'Drop the directive for pages.'],
  encoded: [
    'The body is compressed in a way that Node cannot undo.',
    'Use gzip, deflate, br or zstd, or compress further out than the filter.',
  ],
  undecodable: ['The body is not what its Content-Encoding says.', 'Look at what compresses the page.'],
  charset: ['The charset is not a superset of ASCII, or is unknown.', 'Send pages as UTF-8.'],
  fragment: [
    'The response has neither doctype nor html, head or body tag.',
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
