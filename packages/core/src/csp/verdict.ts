// Whether a policy lets an element be. Source: CSP Level 3, 6.1 (directives), 6.7.1 and 6.7.3 (matching).
import { governingDirective, isScriptKind, type ElementKind, type Policy } from './policy.js'
import { allowsAllInline, allowsIntegrity, allowsText, hasKeyword, noncesIn } from './source-list.js'
import { allowsUrl, type PageOrigin } from './source-url.js'

/** A piece of HTML that a policy may forbid. */
export interface GuardedElement {
  readonly kind: ElementKind
  /** The code that stands in the page itself; `undefined` where there is none, or another one in every page. */
  readonly text: Buffer | undefined
  /** Where it is loaded from, as written. */
  readonly url: string | undefined
  /** The `integrity` attribute; empty when there is none. */
  readonly integrity: string
}

/** The name of the directive by which `policy` blocks the element, which carries `nonce` if any. */
export function blockingDirective(
  policy: Policy,
  element: GuardedElement,
  nonce: string | undefined,
  page: PageOrigin,
): string | undefined {
  const sandbox = policy.get('sandbox')
  if (sandbox !== undefined && isScriptKind(element.kind) && !hasKeyword(sandbox, 'allow-scripts')) return 'sandbox'
  const name = governingDirective(policy, element.kind)
  if (name === undefined) return undefined
  return admits(policy.get(name) ?? [], element, nonce, page) ? undefined : name
}

function admits(
  sources: readonly string[],
  { kind, text, url = '', integrity }: GuardedElement,
  nonce: string | undefined,
  page: PageOrigin,
): boolean {
  const hasNonce = () => nonce !== undefined && noncesIn(sources).includes(nonce)
  const hasHash = () => text !== undefined && allowsText(sources, text)
  switch (kind) {
    case 'script':
    case 'style':
      return allowsAllInline(sources, isScriptKind(kind)) || hasNonce() || hasHash()
    case 'script-attribute':
    case 'script-url':
    case 'style-attribute':
      return allowsAllInline(sources, isScriptKind(kind)) || (hasKeyword(sources, "'unsafe-hashes'") && hasHash())
    case 'external-script':
      if (hasNonce() || allowsIntegrity(sources, integrity)) return true
      // Trust is handed on by scripts; what the parser meets in the page has none.
      return !hasKeyword(sources, "'strict-dynamic'") && allowsUrl(sources, url, page)
    case 'stylesheet':
      return hasNonce() || allowsUrl(sources, url, page)
  }
}
