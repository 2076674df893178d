// The old tracking code as snippets: its place, its condition and its placeholder in the new words.
import type { Snippet } from '@facsimile/core'
import type { Draft } from './draft.js'
import type { OldScript } from './scripts-xml.js'

type Placement = Snippet['placement']

const PLACES: Readonly<Record<string, Placement>> = { Top: 'body-start', Bottom: 'body-end' }
const MAX_MARKER_CHARS = 200
const PLACEHOLDER = /%FetchFromUrl%|CLICKTALE_FETCH_FROM_URL/
const QUOTED_PLACEHOLDER = /(["'])(?:%FetchFromUrl%|CLICKTALE_FETCH_FROM_URL)\1/g
const SCRIPT = /<script\b[^>]*>[^]*?<\/script/gi
/** The old code hides an element so; a Content-Security-Policy without 'unsafe-inline' would block the whole snippet for it. */
const HIDING_STYLE = /(<div\b[^>]*?)\sstyle=(["'])\s*display\s*:\s*none\s*;?\s*\2/gi
/** The crawler needs the whole address, and %FetchUrl% may be a path. */
const FETCH_URL = 'new URL(%FetchUrl%,location.href).href'

/** Where a pattern of the old file puts a snippet, in so far as that is a place that Facsimile knows. */
const KNOWN_PATTERNS: readonly {
  readonly pattern: RegExp
  readonly attribute: string
  readonly placement: Placement
}[] = [
  { attribute: 'InsertAfter', pattern: /^<body\b[^|]*>?$/i, placement: 'body-start' },
  { attribute: 'InsertAfter', pattern: /^<head\b[^|]*>?$/i, placement: 'head-start' },
  {
    attribute: 'InsertBefore',
    pattern: /^(?:<!-- ?ClickTale Bottom part Here ?-->\|)?<\\?\/body>$/i,
    placement: 'body-end',
  },
  { attribute: 'InsertBefore', pattern: /^<\\?\/head>$/i, placement: 'head-end' },
]

/** Adds what the scripts of one file become to `draft`; `file` is for the notes. */
export function translateScripts(draft: Draft, scripts: readonly OldScript[], file: string): void {
  for (const name of Object.keys(PLACES)) {
    if (!scripts.some((script) => script.name === name && script.html !== ''))
      draft.warnings.push({
        key: `script ${name}`,
        place: file,
        text: `there is none, or it is empty: nothing is inserted for it`,
      })
  }
  for (const script of scripts) {
    const place = `${file}:${script.line}`
    const snippet = translateScript(draft, script, place)
    if (snippet !== undefined) addSnippet(draft, snippet, `script ${script.name}`, place)
  }
}

/** A snippet that is there already stays, and the other one of its name is told. */
export function addSnippet(draft: Draft, snippet: Snippet, key: string, place: string): void {
  const present = snippetsOf(draft)
  if (!present.some(({ name }) => name === snippet.name)) draft.settings['snippets'] = [...present, snippet]
  else draft.unmapped.push({ key, place, text: `there is a snippet ${JSON.stringify(snippet.name)} already` })
}

function snippetsOf({ settings }: Draft): readonly Snippet[] {
  return (settings['snippets'] ?? []) as readonly Snippet[]
}

/** `undefined` for what was never inserted. */
function translateScript(draft: Draft, script: OldScript, place: string): Snippet | undefined {
  const { name, html, attributes } = script
  const key = `script ${name}`
  const usual = PLACES[name]
  if (usual === undefined) {
    draft.unmapped.push({
      key,
      place,
      text: 'the old modules used Top and Bottom alone, so it was never inserted; write it as a snippet if it should be',
    })
    return undefined
  }
  if (html === '') return undefined
  const placement = placementOf(draft, script, usual, place)
  const unlessPageContains = markerOf(draft, attributes['DoNotReplaceCondition'], placement, key, place)
  const snippet = { name: `clicktale-${name.toLowerCase()}`, placement, html: translateHtml(draft, html, key, place) }
  return unlessPageContains === undefined ? snippet : { ...snippet, unlessPageContains }
}

function placementOf(draft: Draft, { name, attributes }: OldScript, usual: Placement, place: string): Placement {
  for (const attribute of ['InsertAfter', 'InsertBefore']) {
    const written = attributes[attribute]
    if (written === undefined) continue
    const known = KNOWN_PATTERNS.find((entry) => entry.attribute === attribute && entry.pattern.test(written))
    // It took this one attribute from the wrong element.
    if (name === 'Bottom' && attribute === 'InsertAfter') {
      draft.unmapped.push({
        key: attribute,
        place,
        text: 'the old module applied it to Top when it stood on Bottom; set the placement of `clicktale-top` if it should go elsewhere than body-start',
      })
      continue
    }
    if (known !== undefined) {
      if (written.includes('|'))
        draft.warnings.push({
          key: attribute,
          place,
          text: 'a marker comment in the page chooses the place no more: the snippet goes before the last </body>',
        })
      return known.placement
    }
    draft.unmapped.push({
      key: attribute,
      place,
      text: `${JSON.stringify(written)} is no place that a snippet can have; it goes to ${usual}`,
    })
  }
  return usual
}

/** A pattern that is a plain text, in which at most signs are escaped, with nothing that chooses or repeats. */
function markerOf(
  draft: Draft,
  pattern: string | undefined,
  placement: Placement,
  key: string,
  place: string,
): string | undefined {
  if (pattern === undefined || pattern === '') return undefined
  const name = `${key} DoNotReplaceCondition`
  const text = pattern.replace(/\\([^A-Za-z0-9])/g, '$1')
  const isPlain = !/[\^$.|?*+()[\]{}\\]/.test(pattern.replace(/\\[^A-Za-z0-9]/g, ''))
  if (!isPlain || text.length > MAX_MARKER_CHARS) {
    const why = isPlain ? `longer than ${MAX_MARKER_CHARS} characters` : 'a regular expression'
    draft.unmapped.push({
      key: name,
      place,
      text: `${JSON.stringify(pattern)} is ${why}, and \`unlessPageContains\` takes a plain text; write the text that the page has`,
    })
    return undefined
  }
  if (placement === 'body-start' || placement.startsWith('head'))
    draft.warnings.push({
      key: name,
      place,
      text: `${JSON.stringify(text)} counts only where it stands before the place of the snippet; code that was put into pages by hand after <body> has to be taken out`,
    })
  return text
}

/** The placeholder between quotes, in a script, becomes an expression; anywhere else it is told. */
export function translateHtml(draft: Draft, html: string, key: string, place: string): string {
  const translated = html
    .replace(SCRIPT, (script) => script.replace(QUOTED_PLACEHOLDER, FETCH_URL))
    .replace(HIDING_STYLE, '$1 hidden')
  if (PLACEHOLDER.test(translated))
    draft.unmapped.push({
      key: '%FetchFromUrl%',
      place,
      text: `in ${key} it stands elsewhere than between quotes in a script; write %FetchUrl%, which is a JavaScript text with its quotes`,
    })
  if (translated.includes('CLICKTALE_PROJECT_CODE'))
    draft.unmapped.push({
      key: 'CLICKTALE_PROJECT_CODE',
      place,
      text: `in ${key} it is left as it is; write your project's code`,
    })
  if (/%(?:FetchUrl|CacheToken|Nonce)%/.test(html))
    draft.warnings.push({
      key,
      place,
      text: 'it has a text that is a placeholder now: %FetchUrl%, %CacheToken% or %Nonce%',
    })
  if (/\bsrc\s*=\s*["']?http:\/\//i.test(html))
    draft.warnings.push({ key, place, text: 'it loads a script over http, which browsers refuse in a page over https' })
  if (/[\u0080-\uffff]/.test(translated))
    draft.warnings.push({ key, place, text: 'it is not ASCII, so it goes only into pages that say they are UTF-8' })
  return translated
}
