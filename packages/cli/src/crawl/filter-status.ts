// The header Facsimile-Status, by which a server tells viewers on the allowlist what it did: a list (RFC 9651, 3.1) of
// tokens with parameters, one member for each Facsimile that the response went through.

/** What one Facsimile said of a response. */
export type FilterStatus =
  | {
      readonly outcome: 'injected'
      readonly snippets: number
      /** Snippets that the page's Content-Security-Policy keeps out. */
      readonly blocked: number
      /** How often the response went through the same filter. */
      readonly passes: number
    }
  | { readonly outcome: 'skipped' | 'missed'; readonly reason: string }

const PARAMETER = /^([a-z*][\w.*-]*)=(?:"([^"\\]*)"|([\w:/!#$%&'*+.^`|~-]+))$/

/** The members in their order, the innermost first. What is none of ours is left out; no header is an empty list. */
export function parseFilterStatus(field: string | undefined): readonly FilterStatus[] {
  return splitOutsideQuotes(field ?? '', ',').flatMap((member) => readMember(member) ?? [])
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  const part = new RegExp(`(?:"(?:[^"\\\\]|\\\\.)*"|[^"${separator}])+`, 'g')
  return Array.from(text.matchAll(part), ([found]) => found.trim())
}

function readMember(text: string): FilterStatus | undefined {
  const [outcome = '', ...rest] = splitOutsideQuotes(text, ';')
  const parameters = new Map(
    rest.map((part) => {
      const [, key = '', quoted, token] = PARAMETER.exec(part) ?? []
      return [key, quoted ?? token ?? ''] as const
    }),
  )
  const reason = parameters.get('reason')
  if (outcome === 'skipped' || outcome === 'missed') return reason === undefined ? undefined : { outcome, reason }
  if (outcome !== 'injected') return undefined
  const number = (key: string, otherwise: number) => countIn(parameters.get(key)) ?? otherwise
  return { outcome, snippets: number('snippets', 0), blocked: number('blocked', 0), passes: number('passes', 1) }
}

function countIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
