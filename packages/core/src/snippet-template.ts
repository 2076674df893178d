// The text of snippets with its placeholders filled in: what never changes is joined once.
//
// Text is kept with one character for each byte, and what is filled in is ASCII always: so rendering joins and copies.
import { toScriptString } from './fetch-url.js'

export interface SnippetValues {
  /** `undefined` where pages are not stored: `%FetchUrl%` becomes `null`. */
  readonly fetchUrl: string | undefined
  readonly token: string | undefined
  /** Those of the response's own Content-Security-Policy, by their numbers; one that is not there is left empty. */
  readonly nonces: readonly string[]
}

/** What stands in the text where each page has something else. */
type Filler = (values: SnippetValues) => string
export type Part = string | Filler
export type Template = (values: SnippetValues) => Buffer

const PLACEHOLDER = /%(FetchUrl|CacheToken|Nonce)%/

const fillFetchUrl: Filler = ({ fetchUrl }) => (fetchUrl === undefined ? 'null' : toScriptString(fetchUrl))
const fillToken: Filler = ({ token }) => token ?? ''

/** `nonce` is the number of the nonce, as text; nothing is filled in where there is none. */
export function fillNonce(nonce: string | undefined): readonly Filler[] {
  return nonce === undefined ? [] : [({ nonces }) => nonces[Number(nonce)] ?? '']
}

/** Splits text at its placeholders; `nonce` is the number of the nonce that `%Nonce%` becomes. */
export function splitAtPlaceholders(text: string, nonce: string | undefined): readonly Part[] {
  // Splitting by a pattern with one group gives text and names in turn.
  return text.split(PLACEHOLDER).flatMap((part, index): readonly Part[] => {
    if (index % 2 === 0) return [part]
    if (part === 'Nonce') return fillNonce(nonce)
    return [part === 'CacheToken' ? fillToken : fillFetchUrl]
  })
}

export function createTemplate(parts: readonly Part[]): Template {
  const joined: Part[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else joined.push(part)
  }
  if (joined.length < 2 && typeof joined[0] !== 'function') {
    const fixed = Buffer.from(joined[0] ?? '', 'latin1')
    return () => fixed
  }
  return (values) => {
    let text = ''
    for (const part of joined) text += typeof part === 'string' ? part : part(values)
    return Buffer.from(text, 'latin1')
  }
}
