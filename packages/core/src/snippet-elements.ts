// Reads a snippet's HTML once for what a Content-Security-Policy may forbid: scripts, style sheets and code in attributes.
import type { NonceTaker } from './csp/element-fit.js'
import {
  BANG,
  DASH,
  endsName,
  findCommentEnd,
  findTagEnd,
  GREATER_THAN,
  isLetter,
  LESS_THAN,
  opensMarkup,
  SLASH,
} from './insertion/markup.js'
import { rawTextOf } from './insertion/raw-text.js'
import { readStartTag, type StartTag } from './insertion/start-tag.js'

/** A part of the snippet, in bytes. */
interface Span {
  readonly from: number
  readonly to: number
}

export interface SnippetElement extends NonceTaker {
  /** Where its nonce goes: into the `%Nonce%` of its own attribute, or, where the span is empty, into a new attribute. */
  readonly noncePlace: Span | undefined
  /** The text between its tags. */
  readonly content: Span | undefined
}

const PLACEHOLDER = /%(?:FetchUrl|CacheToken|Nonce)%/
const NONCE_PLACEHOLDER = '%Nonce%'
/** Types of scripts beside those of JavaScript (HTML Living Standard, 4.12.1.1). */
const SCRIPT_TYPES = new Set(['', 'module', 'importmap', 'speculationrules'])
/** Source: MIME Sniffing Standard, 4.6. */
const JAVASCRIPT_TYPE =
  /^(?:application\/(?:x-)?(?:ecma|java)script|text\/(?:x-)?(?:ecma|java)script|text\/(?:jscript|livescript|javascript1\.[0-5]))$/
const URL_ATTRIBUTES = ['href', 'src', 'action', 'formaction', 'data', 'xlink:href']
/** What a page may not hide in the attributes of a script that has a nonce (CSP Level 3, 6.7.3.1). */
const HIDDEN_TAG = /<(?:script|style)/i
const ATTRIBUTE = {
  text: undefined,
  url: undefined,
  integrity: '',
  nonce: { own: undefined },
  noncePlace: undefined,
  content: undefined,
}

/** `html` holds one character for each byte. What stands in `<noscript>` runs where no script does, and is not looked at. */
export function readSnippetElements(html: string): readonly SnippetElement[] {
  const data = Buffer.from(html, 'latin1')
  const elements: SnippetElement[] = []

  /** Answers the offset after what begins with the `<` at `at`. */
  function readMarkup(at: number): number {
    const second = data[at + 1] ?? 0
    if (!opensMarkup(second)) return at + 1
    if (isLetter(second)) return readElement(at + 1)
    if (second === SLASH && isLetter(data[at + 2] ?? 0)) return endOr(findTagEnd(data, nameEnd(at + 2)))
    const isComment = second === BANG && data[at + 2] === DASH && data[at + 3] === DASH
    return endOr(isComment ? findCommentEnd(data, at + 4) : data.indexOf(GREATER_THAN, at + 2) + 1 || -1)
  }

  function readElement(nameAt: number): number {
    const nameTo = nameEnd(nameAt)
    const name = html.slice(nameAt, nameTo).toLowerCase()
    const tag = readStartTag(html, nameTo)
    elements.push(...codeInAttributes(tag))
    const endTag = rawTextOf(name)?.findEndTag(data, tag.end)
    const textTo = endTag === undefined ? tag.end : endTag === -1 ? data.length : endTag - `</${name}`.length
    elements.push(...guardedElement(name, tag, nameTo, { from: tag.end, to: textTo }, html))
    if (endTag === undefined) return tag.end
    return endTag === -1 ? data.length : endOr(findTagEnd(data, endTag))
  }

  function nameEnd(from: number): number {
    let to = from
    while (to < data.length && !endsName(data[to] ?? 0)) to++
    return to
  }

  function endOr(offset: number): number {
    return offset === -1 ? data.length : offset
  }

  let at = data.indexOf(LESS_THAN)
  while (at !== -1) at = data.indexOf(LESS_THAN, readMarkup(at))
  return elements
}

/** Event handlers, `javascript:` URLs and `style` attributes. */
function codeInAttributes({ attributes }: StartTag): readonly SnippetElement[] {
  const elements: SnippetElement[] = []
  for (const { name, value } of attributes.values()) {
    // Hashes are made of what character references stand for.
    const text = value.includes('&') ? undefined : fixedText(value)
    if (/^on[a-z]+$/.test(name)) elements.push({ ...ATTRIBUTE, kind: 'script-attribute', text })
    if (name === 'style') elements.push({ ...ATTRIBUTE, kind: 'style-attribute', text })
    if (URL_ATTRIBUTES.includes(name) && isJavascriptUrl(value)) elements.push({ ...ATTRIBUTE, kind: 'script-url' })
  }
  return elements
}

/** URL parsers pass over white space before a URL, and over tabs and line ends in it (URL Standard, 4.4). */
function isJavascriptUrl(url: string): boolean {
  return /^[\0-\x20]*javascript:/i.test(url.replace(/[\t\n\r]/g, ''))
}

/** The element itself, if it is a script or a style sheet: none or one. */
function guardedElement(
  name: string,
  tag: StartTag,
  nameTo: number,
  content: Span,
  html: string,
): readonly SnippetElement[] {
  const valueOf = (attribute: string) => tag.attributes.get(attribute)?.value
  const nonce = readNonce(name, tag, nameTo)
  const integrity = valueOf('integrity') ?? ''
  const inline = { ...nonce, text: fixedText(html.slice(content.from, content.to)), url: undefined, integrity, content }
  const loaded = (url: string) => ({ ...nonce, text: undefined, url: fillIn(url), integrity, content: undefined })
  if (name === 'script' && isScriptType(valueOf('type'), valueOf('language'))) {
    const src = valueOf('src')
    if (src !== undefined) return [{ ...loaded(src), kind: 'external-script' }]
    return content.from === content.to ? [] : [{ ...inline, kind: 'script' }]
  }
  if (name === 'style') return [{ ...inline, kind: 'style' }]
  const isStylesheet = name === 'link' && /(?:^|\s)stylesheet(?:\s|$)/i.test(valueOf('rel') ?? '')
  return isStylesheet ? [{ ...loaded(valueOf('href') ?? ''), kind: 'stylesheet' }] : []
}

function isScriptType(type: string | undefined, language: string | undefined): boolean {
  const byLanguage = language === undefined || language === '' ? '' : `text/${language}`
  const lower = (type ?? byLanguage).trim().toLowerCase()
  return SCRIPT_TYPES.has(lower) || JAVASCRIPT_TYPE.test(lower)
}

function readNonce(
  name: string,
  { attributes, hasDuplicates }: StartTag,
  nameTo: number,
): Pick<SnippetElement, 'nonce' | 'noncePlace'> {
  const isHiding = name === 'script' && [...attributes.values()].some((it) => HIDDEN_TAG.test(`${it.name}=${it.value}`))
  if (isHiding || hasDuplicates) return { nonce: { own: undefined }, noncePlace: undefined }
  const own = attributes.get('nonce')
  if (own === undefined) return { nonce: 'any', noncePlace: { from: nameTo, to: nameTo } }
  if (own.value !== NONCE_PLACEHOLDER) return { nonce: { own: own.value }, noncePlace: undefined }
  return { nonce: 'any', noncePlace: { from: own.valueAt, to: own.valueAt + NONCE_PLACEHOLDER.length } }
}

/** The text as browsers hash it, where it is the same in every page. */
function fixedText(text: string): Buffer | undefined {
  return PLACEHOLDER.test(text) ? undefined : Buffer.from(asParsed(text), 'latin1')
}

/** What the placeholders in a URL become has no part in where it leads. */
function fillIn(url: string): string {
  return url.replace(/%(?:FetchUrl|CacheToken|Nonce)%/g, 'x')
}

/** What a browser's tokenizer makes of text in a page: each line ends in one line feed, and no byte is zero. */
export function asParsed(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '\xef\xbf\xbd')
}
