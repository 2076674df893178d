// Snippets: the pieces of HTML that are put into pages, and the conditions under which they are.
import { isPromise } from 'node:util/types'
import { FacsimileError } from './errors.js'
import { compileGlobs } from './glob.js'
import type { CspMode } from './snippet-fit.js'
import { createSnippetSet, type SnippetSet } from './snippet-set.js'

export const PLACEMENTS = ['head-start', 'head-end', 'body-start', 'body-end'] as const
export type Placement = (typeof PLACEMENTS)[number]

/** What a `when` function may look at. */
export interface SnippetRequest {
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface Snippet {
  /** For logs and errors; unique. */
  readonly name: string
  /**
   * Inserted literally, but for the placeholders `%FetchUrl%`, `%CacheToken%` and `%Nonce%`, and the nonces that the
   * page's Content-Security-Policy asks for.
   */
  readonly html: string
  readonly placement: Placement
  /**
   * Path patterns, or a function of the request that answers at once: a promise is refused. When it throws, the page is
   * left as it is. @default every page
   */
  readonly when?: readonly string[] | ((request: SnippetRequest) => boolean) | undefined
  /**
   * The snippet is left out of a page that contains this text, in UTF-8 and in the same case, before the snippet's
   * place. @default never
   */
  readonly unlessPageContains?: string | undefined
}

const MAX_MEMOIZED_SETS = 256

/** Answers which snippets are meant for the page that answers `request`. */
export function compileSnippets(
  snippets: readonly Snippet[],
  mode: CspMode = 'nonce',
): (request: SnippetRequest) => SnippetSet {
  const conditions = snippets.map(compileCondition)
  if (conditions.every((condition) => condition === undefined)) {
    const all = createSnippetSet(snippets, mode)
    return () => all
  }
  const sets = new Map<string, SnippetSet>()
  return (request) => {
    const chosen = conditions.map((condition) => condition === undefined || condition(request))
    const key = chosen.map(Number).join('')
    const known = sets.get(key)
    if (known !== undefined) return known
    const set = createSnippetSet(
      snippets.filter((_, index) => chosen[index]),
      mode,
    )
    if (sets.size < MAX_MEMOIZED_SETS) sets.set(key, set)
    return set
  }
}

function compileCondition(snippet: Snippet): ((request: SnippetRequest) => boolean) | undefined {
  const { name, when } = snippet
  if (when === undefined) return undefined
  if (typeof when === 'function') return (request) => decide(when(request), name)
  const matches = compileGlobs(when)
  return (request) => matches(request.path)
}

/** A promise is always true, so a condition that waits for a consent would find it everywhere. */
function decide(answer: unknown, name: string): boolean {
  if (!isPromise(answer)) return Boolean(answer)
  answer.catch(() => undefined) // Its failure says no more than the error below, and must not end the process.
  throw new FacsimileError(
    'SETTINGS_INVALID',
    `The \`when\` of snippet ${JSON.stringify(name)} answered with a promise; it must answer true or false at once.`,
  )
}
