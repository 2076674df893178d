// The text of snippets with its placeholders filled in: what never changes is joined once.
import { toScriptString } from './fetch-url.js'
import { PLACEMENTS, type Placement, type Snippet } from './snippet.js'

export interface SnippetValues {
  /** `undefined` where pages are not stored: `%FetchUrl%` becomes `null`. */
  readonly fetchUrl: string | undefined
  readonly token: string | undefined
  /** The nonce of the response's own Content-Security-Policy. */
  readonly nonce: string | undefined
}

const PLACEHOLDER = /%(FetchUrl|CacheToken|Nonce)%/g
const NON_ASCII = /[^\0-\x7f]/

export function isAscii(text: string): boolean {
  return !NON_ASCII.test(text)
}

type Template = (values: SnippetValues) => Buffer

/** One template for each placement that has snippets; they follow one another in the order of the list. */
export function createTemplates(snippets: readonly Snippet[]): Partial<Record<Placement, Template>> {
  const templates: Partial<Record<Placement, Template>> = {}
  for (const placement of PLACEMENTS) {
    const html = snippets.filter((snippet) => snippet.placement === placement).map((snippet) => snippet.html)
    if (html.length > 0) templates[placement] = createTemplate(html)
  }
  return templates
}

/** Each text is split by itself: the end of one and the start of the next make no placeholder together. */
function createTemplate(html: readonly string[]): Template {
  const fixed = Buffer.from(html.join(''))
  if (html.every((text) => text.search(PLACEHOLDER) === -1)) return () => fixed
  // Splitting by a pattern with one group gives text and names in turn; between two texts stands an empty name.
  const parts = html.flatMap((text, index) => [...(index === 0 ? [] : ['']), ...text.split(PLACEHOLDER)])
  // What is filled in is ASCII always. For ASCII both encodings are the same, and this one is quicker.
  const encoding = html.every(isAscii) ? 'latin1' : 'utf8'
  return (values) => {
    let text = ''
    parts.forEach((part, index) => (text += index % 2 === 0 ? part : fill(part, values)))
    return Buffer.from(text, encoding)
  }
}

function fill(placeholder: string, values: SnippetValues): string {
  if (placeholder === '') return ''
  if (placeholder === 'CacheToken') return values.token ?? ''
  if (placeholder === 'Nonce') return values.nonce ?? ''
  return values.fetchUrl === undefined ? 'null' : toScriptString(values.fetchUrl)
}
