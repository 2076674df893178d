// Reads the policies of Content-Security-Policy headers, and knows which of their directives governs what.
// Source: CSP Level 3, 2.2 (parsing) and 6.8 (fallback).

/** What a page may hold that a policy can forbid. A `script-url` is a `javascript:` URL. */
export type ElementKind =
  'script' | 'external-script' | 'script-attribute' | 'script-url' | 'style' | 'stylesheet' | 'style-attribute'

/** Its directives by their names in lower case, each with its words as they were written. */
export type Policy = ReadonlyMap<string, readonly string[]>

const SCRIPT_ELEMENTS = ['script-src-elem', 'script-src', 'default-src']
const STYLE_ELEMENTS = ['style-src-elem', 'style-src', 'default-src']
/** For each kind the directives that may govern it, the nearest first. */
const FALLBACKS: Readonly<Record<ElementKind, readonly string[]>> = {
  script: SCRIPT_ELEMENTS,
  'external-script': SCRIPT_ELEMENTS,
  'script-url': SCRIPT_ELEMENTS,
  'script-attribute': ['script-src-attr', 'script-src', 'default-src'],
  style: STYLE_ELEMENTS,
  stylesheet: STYLE_ELEMENTS,
  'style-attribute': ['style-src-attr', 'style-src', 'default-src'],
}

/** The policies of a header, which commas separate; one for each comma and one more, though some may say nothing. */
export function parsePolicies(header: string): readonly Policy[] {
  return header.split(',').map(parsePolicy)
}

function parsePolicy(text: string): Policy {
  const directives = new Map<string, readonly string[]>()
  for (const directive of text.split(';')) {
    const [name, ...words] = wordsOf(directive)
    if (name === undefined) continue
    const key = name.toLowerCase()
    // A directive that is given twice counts once: the first.
    if (!directives.has(key)) directives.set(key, words)
  }
  return directives
}

/** The name of a directive and what it lists; nothing when it is not ASCII, since browsers pass it over. */
export function wordsOf(directive: string): readonly string[] {
  if (/[^\0-\x7f]/.test(directive)) return []
  return directive.split(/[\t\n\f\r ]+/).filter((word) => word !== '')
}

/** The name of the directive that decides over elements of this kind; `undefined` when the policy leaves them free. */
export function governingDirective(policy: Policy, kind: ElementKind): string | undefined {
  return FALLBACKS[kind].find((name) => policy.has(name))
}

export function isScriptKind(kind: ElementKind): boolean {
  return FALLBACKS[kind].includes('script-src')
}
