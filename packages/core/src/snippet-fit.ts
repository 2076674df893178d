// Whether a page's policies let a snippet run: with which nonces, with which sources added, or by what it is blocked.
import type { CompiledSnippet } from './compiled-snippet.js'
import type { AddedSource } from './csp/added-sources.js'
import { fitElement, type Blocker } from './csp/element-fit.js'
import type { ReadPolicies } from './csp/page-policies.js'
import { isScriptKind, type ElementKind } from './csp/policy.js'
import { allowsAllInline, hashSource, integritySources } from './csp/source-list.js'
import type { PageOrigin } from './csp/source-url.js'
import { asParsed, type SnippetElement } from './snippet-elements.js'
import { createTemplate, splitAtPlaceholders, type SnippetValues } from './snippet-template.js'

/** What to do with a page's own policies: use their nonces, or add hashes to them as well. */
export const CSP_MODES = ['nonce', 'hash'] as const
export type CspMode = (typeof CSP_MODES)[number]

export interface BlockedSnippet {
  readonly snippet: string
  /** The directive that blocks it. */
  readonly directive: string
  readonly remedy: string
}

/** The sources that one element needs in the policies of the page that has these values. */
type SourceMaker = (values: SnippetValues) => readonly AddedSource[]

export interface SnippetFit {
  readonly snippet: CompiledSnippet
  /** The number of each element's nonce. */
  readonly nonces: readonly (string | undefined)[]
  readonly added: readonly SourceMaker[]
  /** A snippet goes in whole or not at all. */
  readonly blocked: BlockedSnippet | undefined
}

/** The page that the snippets are to go into. */
export interface GuardedPage {
  readonly policies: ReadPolicies
  readonly origin: PageOrigin
  /** The number of the nonce that `%Nonce%` becomes in text. */
  readonly textNonce: string | undefined
}

const USE_NONCE = "Put a nonce into that directive, or set `csp` to 'hash'."
const LIST_HOST = 'List its host in that directive, or put a nonce there.'
const REMEDIES: Readonly<Record<ElementKind, string>> = {
  script: USE_NONCE,
  style: USE_NONCE,
  'external-script': LIST_HOST,
  stylesheet: LIST_HOST,
  'script-attribute': 'Replace its event handlers by listeners that its script adds.',
  'script-url': 'Replace its `javascript:` URLs by listeners that its script adds.',
  'style-attribute': 'Replace its `style` attributes by a style sheet.',
}
const ALLOW_SCRIPTS = 'Add allow-scripts to that directive.'

export function fitSnippet(snippet: CompiledSnippet, page: GuardedPage, mode: CspMode): SnippetFit {
  const nonces: (string | undefined)[] = []
  const added: SourceMaker[] = []
  for (const element of snippet.elements) {
    const { nonce, blockers } = fitElement(element, page.policies, page.origin)
    nonces.push(nonce)
    if (blockers.length === 0) continue
    const sourcesOf = mode === 'hash' ? sourceMaker(snippet, element, page) : undefined
    const blocker = sourcesOf === undefined ? blockers[0] : blockers.find((it) => !canWiden(it, element, page))
    if (blocker !== undefined) return { snippet, nonces, added: [], blocked: block(snippet, element, blocker) }
    if (sourcesOf !== undefined) added.push((values) => spread(sourcesOf(values), blockers, element))
  }
  return { snippet, nonces, added, blocked: undefined }
}

function block({ name }: CompiledSnippet, { kind }: SnippetElement, { directive }: Blocker): BlockedSnippet {
  return { snippet: name, directive, remedy: directive === 'sandbox' ? ALLOW_SCRIPTS : REMEDIES[kind] }
}

/** Makes the sources that allow the element, wherever they are added; `undefined` when none would. */
function sourceMaker(
  { text }: CompiledSnippet,
  element: SnippetElement,
  page: GuardedPage,
): ((values: SnippetValues) => readonly string[]) | undefined {
  const { kind, content, integrity } = element
  if (kind === 'external-script') {
    const sources = integritySources(integrity)
    return sources.length === 0 ? undefined : () => sources
  }
  if (content === undefined) return undefined
  const forms = parsedForms(text.slice(content.from, content.to))
  if (element.text !== undefined) {
    const sources = forms.map((form) => hashSource(Buffer.from(form, 'latin1')))
    return () => sources
  }
  const templates = forms.map((form) => createTemplate(splitAtPlaceholders(form, page.textNonce)))
  return (values) => templates.map((template) => hashSource(template(values)))
}

/** What the text may be to a browser: in XHTML the borders of a CDATA section are no part of it. */
function parsedForms(content: string): readonly string[] {
  const form = asParsed(content)
  return form.includes('<![CDATA[') ? [form, form.replaceAll(/<!\[CDATA\[|\]\]>/g, '')] : [form]
}

/** A hash would switch off an `'unsafe-inline'` that the page's own scripts and styles live by. */
function canWiden({ policy, directive }: Blocker, { kind }: SnippetElement, { policies }: GuardedPage): boolean {
  const sources = policies.enforced[policy]?.get(directive) ?? []
  return directive !== 'sandbox' && !allowsAllInline(sources, isScriptKind(kind))
}

function spread(
  sources: readonly string[],
  blockers: readonly Blocker[],
  { kind }: SnippetElement,
): readonly AddedSource[] {
  return blockers.flatMap((blocker) => sources.map((source) => ({ ...blocker, kind, source })))
}
