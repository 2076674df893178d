// Reads a Content-Type: which type it names, and which charset.
// Source: WHATWG MIME Sniffing, 4.4; Fetch, 3.5: a comma outside of quotes ends one value and begins the next.

export interface MediaType {
  /** Type and subtype in lower case, such as `text/html`. */
  readonly essence: string
  /** As it is written; `undefined` when none is named. */
  readonly charset: string | undefined
}

/** A name up to its `;` or `,`, with a value in quotes or without. It matches everything, step by step. */
const PART = /[\t\n\r ]*([^;,=]*)(?:=(?:"((?:[^"\\]|\\[^])*)"?[^;,]*|([^;,]*)))?([;,]|$)/gy

/** `undefined` for a value that is several. */
export function readMediaType(value: string): MediaType | undefined {
  let essence: string | undefined
  let charset: string | undefined
  for (const [, name = '', quoted, plain, separator] of value.matchAll(PART)) {
    if (separator === ',') return undefined
    if (essence === undefined) essence = name.trim().toLowerCase()
    else if (name.toLowerCase() === 'charset')
      charset ??= quoted?.replace(/\\([^])/g, '$1') ?? (plain?.trim() || undefined)
    if (separator === '') break
  }
  return { essence: essence ?? '', charset }
}
