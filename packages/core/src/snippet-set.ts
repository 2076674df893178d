// The snippets of one kind of request, fitted to the pages that they meet: to their charset and to their policies.
import { createHash } from 'node:crypto'
import { compileSnippet, type CompiledSnippet } from './compiled-snippet.js'
import type { AddedSource } from './csp/added-sources.js'
import { fitElement } from './csp/element-fit.js'
import { readPolicies, type PagePolicies } from './csp/page-policies.js'
import type { InsertionPlan } from './insertion/inserter.js'
import { fitSnippet, type BlockedSnippet, type CspMode, type GuardedPage, type SnippetFit } from './snippet-fit.js'
import type { SnippetValues } from './snippet-template.js'
import type { Placement, Snippet } from './snippet.js'
import { createTextTemplate } from './text-template.js'

/** What decides which snippets a page can take. */
export interface PageTraits {
  /** Snippets that are not ASCII go only into pages whose Content-Type says that they are UTF-8. */
  readonly isUtf8: boolean
  /** The Host header; policies may name the site's own host. */
  readonly host: string | undefined
  /** `undefined` for a page without policies. */
  readonly policies: PagePolicies | undefined
}

/** The snippets that are meant for a request. */
export interface SnippetSet {
  readonly count: number
  /** In the order of the settings. */
  readonly names: readonly string[]
  /** Changes whenever the snippets' text, order or placement does; safe in an ETag. */
  readonly id: string
  readonly carriesToken: boolean
  /** Settles which of them go into a page, and how. */
  fit(page: PageTraits): FittedSnippets
}

/** The snippets that go into one page, and into every other with the same policies. */
export interface FittedSnippets {
  readonly count: number
  readonly names: readonly string[]
  /** That of the set, unless policies block some of it. */
  readonly id: string
  readonly carriesToken: boolean
  /** Whether a nonce of the page's policies goes into the page. */
  readonly carriesNonce: boolean
  readonly blocked: readonly BlockedSnippet[]
  render(values: SnippetValues, charsetKnown: boolean, isXml?: boolean): InsertionPlan
  /** What must be added to the page's policies. */
  sourcesFor(values: SnippetValues): readonly AddedSource[]
}

const NO_POLICIES: PagePolicies = { enforced: '', reported: '', nonces: [] }
const NO_SOURCES: readonly AddedSource[] = []
/** For any script: its nonce is the one for `%Nonce%`. */
const SOME_SCRIPT = { kind: 'script', text: undefined, url: undefined, integrity: '', nonce: 'any' } as const
const MAX_MEMOIZED_FITS = 64
/** A policy may be long where each page has another one: then it is better read again than kept. */
const MAX_KEY_LENGTH = 4096

export function createSnippetSet(snippets: readonly Snippet[], mode: CspMode): SnippetSet {
  const compiled = snippets.map(compileSnippet)
  const id = idOf(compiled)
  const ascii = compiled.filter(({ isAscii }) => isAscii)
  const allFit = fitSnippets(compiled, id, undefined, NO_POLICIES, mode)
  const asciiFit = ascii.length === compiled.length ? allFit : fitSnippets(ascii, id, undefined, NO_POLICIES, mode)
  const elements = compiled.flatMap((snippet) => snippet.elements)
  const asksHost = elements.some(({ url }) => url !== undefined)
  const hasOwnNonce = elements.some(({ nonce }) => nonce !== 'any' && nonce.own !== undefined)
  const fits = new Map<string, FittedSnippets>()

  return {
    count: compiled.length,
    names: compiled.map(({ name }) => name),
    id,
    carriesToken: allFit.carriesToken,
    fit({ isUtf8, host, policies }) {
      if (policies === undefined) return isUtf8 ? allFit : asciiFit
      const key = [
        isUtf8 || ascii.length === compiled.length,
        asksHost && host,
        hasOwnNonce && policies.nonces.join(),
        policies.enforced,
        policies.reported,
      ].join('\n')
      const known = fits.get(key)
      if (known !== undefined) return known
      const fit = fitSnippets(isUtf8 ? compiled : ascii, id, host, policies, mode)
      if (key.length > MAX_KEY_LENGTH) return fit
      if (fits.size === MAX_MEMOIZED_FITS) fits.clear()
      fits.set(key, fit)
      return fit
    },
  }
}

function fitSnippets(
  snippets: readonly CompiledSnippet[],
  setId: string,
  host: string | undefined,
  pagePolicies: PagePolicies,
  mode: CspMode,
): FittedSnippets {
  const policies = readPolicies(pagePolicies)
  const origin = { host, upgrades: policies.enforced.some((policy) => policy.has('upgrade-insecure-requests')) }
  const textNonce = fitElement(SOME_SCRIPT, policies, origin).nonce
  const page: GuardedPage = { policies, origin, textNonce }
  const fits = snippets.map((snippet) => fitSnippet(snippet, page, mode))
  const fitting = fits.filter(({ blocked }) => blocked === undefined)
  const makers = fitting.flatMap(({ added }) => added)
  const blocked = fits.flatMap((fit) => fit.blocked ?? [])
  const templateAt = (placement: Placement) =>
    createTextTemplate(
      fitting.filter(({ snippet }) => snippet.placement === placement),
      textNonce,
    )
  const headStart = templateAt('head-start')
  const headEnd = templateAt('head-end')
  const bodyStart = templateAt('body-start')
  const bodyEnd = templateAt('body-end')
  return {
    count: fitting.length,
    names: fitting.map(({ snippet }) => snippet.name),
    id: blocked.length === 0 ? setId : idOf(fitting.map(({ snippet }) => snippet)),
    carriesToken: fitting.some(({ snippet }) => snippet.carriesToken),
    carriesNonce: fitting.some((fit) => carriesNonce(fit, textNonce)),
    blocked,
    render: (values, charsetKnown, isXml) => ({
      headStart: headStart?.(values),
      headEnd: headEnd?.(values),
      bodyStart: bodyStart?.(values),
      bodyEnd: bodyEnd?.(values),
      charsetKnown,
      isXml,
    }),
    sourcesFor: (values) => (makers.length === 0 ? NO_SOURCES : makers.flatMap((maker) => maker(values))),
  }
}

function carriesNonce({ snippet, nonces }: SnippetFit, textNonce: string | undefined): boolean {
  if (textNonce !== undefined && snippet.text.includes('%Nonce%')) return true
  return snippet.elements.some(({ noncePlace }, index) => noncePlace !== undefined && nonces[index] !== undefined)
}

function idOf(snippets: readonly CompiledSnippet[]): string {
  return createHash('sha256')
    .update(JSON.stringify(snippets.map(({ placement, text, marker }) => [placement, text, marker?.toString()])))
    .digest('hex')
    .slice(0, 12)
}
