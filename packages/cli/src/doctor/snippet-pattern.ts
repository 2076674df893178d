// Finds snippets in a page that has them filled in: with its own fetch URL, token and nonces.

/** What may stand where a placeholder was, one character for each byte. */
const FILLED: Readonly<Record<string, string>> = {
  FetchUrl: '(?:"[^"\\n]{0,4096}"|null)',
  CacheToken: '[\\w-]{0,64}',
  Nonce: '[^"\'\\s>]{0,256}',
}
/** A policy's nonce is put behind the name of an element that has none. */
const NEW_NONCE = '(?: nonce="[^"]{0,256}")?'
const SCRIPT_ELEMENT = /<script\b[^>]*>[^]*?<\/script\s*>/gi

/** Matches the snippet's text as it stands in pages, which are read as Latin-1. */
export function snippetPattern(html: string): RegExp {
  const text = Buffer.from(html).toString('latin1')
  const source = text
    .split(/%(FetchUrl|CacheToken|Nonce)%/)
    .map((part, index) => (index % 2 === 1 ? (FILLED[part] ?? '') : escapePattern(part)))
    .join('')
  return new RegExp(
    source.replace(/<(?:script|style|link)(?=[\s>\\])/gi, (tag) => tag + NEW_NONCE),
    'g',
  )
}

/** How often the snippet stands in the page. */
export function countSnippet(html: string, page: Buffer): number {
  return Array.from(page.toString('latin1').matchAll(snippetPattern(html))).length
}

/** The scripts of an inserted piece, each by itself; the whole piece where it has none. */
export function scriptsIn(piece: string): readonly string[] {
  return piece.match(SCRIPT_ELEMENT) ?? [piece]
}

/** The text without what is another in every page, so that one snippet reads the same wherever it stands. */
export function withoutValues(text: string): string {
  return text.replace(/ nonce="[^"]*"/g, '').replace(/\bt=[\w-]{32}(?![\w-])/g, 't=')
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
