// Reads the nonce of a response's own Content-Security-Policy, for the placeholder %Nonce%.

/** The directives that govern inline scripts, the nearest first (CSP Level 3, 6.8.4). */
const SCRIPT_DIRECTIVES = ['script-src-elem', 'script-src', 'default-src']
const NONCE_SOURCE = /^'nonce-([A-Za-z0-9+/_-]+={0,2})'$/i

/** The first nonce for scripts in the header's policies, which commas separate; `undefined` when there is none. */
export function nonceOf(header: string | undefined): string | undefined {
  for (const policy of header?.split(',') ?? []) {
    const directives = new Map<string, readonly string[]>()
    for (const directive of policy.split(';')) {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      // A directive that is given twice counts once: the first.
      if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
    }
    const governing = SCRIPT_DIRECTIVES.find((name) => directives.has(name))
    const sources = governing === undefined ? [] : (directives.get(governing) ?? [])
    const nonce = sources.map((source) => NONCE_SOURCE.exec(source)?.[1]).find((value) => value !== undefined)
    if (nonce !== undefined) return nonce
  }
  return undefined
}
