// What every response of one Facsimile shares, computed once.
import {
  compileGlobs,
  compileSnippets,
  createBlockReport,
  createFetchUrlBuilder,
  type AddressGuard,
  type BlockedSnippet,
  type EventSource,
  type Logger,
  type PageStore,
  type PageToken,
  type PathPredicate,
  type Settings,
  type SnippetRequest,
  type SnippetSet,
} from '@facsimile/core'
import type { Request } from './http-types.js'
import { isAhead } from './navigation.js'
import type { Watches } from './watches.js'

export interface FilterContext {
  /** The Facsimile to which it belongs; with other settings, that has another context. */
  readonly owner: object
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly logger: Logger
  readonly events: EventSource
  /** `undefined` when nothing is stored. */
  readonly pages: PageStore | undefined
  /** Requests whose way through the filter is noted; `undefined` where nobody looks. */
  readonly watches: Watches | undefined
  readonly snippetsFor: (request: SnippetRequest) => SnippetSet
  readonly fetchUrlFor: (token: PageToken, cookieHeader: string | undefined) => string
  readonly pathIsIncluded: PathPredicate
  /** Names of what decided over an injected page, for its Vary header. */
  readonly variesBy: (req: Request) => readonly string[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** From 0 to just under 1. */
  readonly random: () => number
  /** For what went wrong inside Facsimile while a response passed. */
  readonly reportFailure: (error: unknown) => void
  /** For each snippet that a page's policies kept out of it. */
  readonly reportBlocked: (blocked: BlockedSnippet) => void
}

export interface FilterParts {
  readonly owner: object
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly logger: Logger
  readonly events: EventSource
  readonly pages: PageStore | undefined
  readonly watches: Watches | undefined
  readonly now: () => number
  readonly random: () => number
}

export function createFilterContext(parts: FilterParts): FilterContext {
  const { settings, logger, events } = parts
  const included = compileGlobs(settings.include)
  const excluded = compileGlobs(settings.exclude)
  const always = [
    ...(settings.optOutCookie === false && settings.stickyCookies.length === 0 ? [] : ['Cookie']),
    ...(settings.privacySignals.includes('gpc') ? ['Sec-GPC'] : []),
    ...(settings.privacySignals.includes('dnt') ? ['DNT'] : []),
    'X-Requested-With',
  ]
  const ofNavigation = [...always, 'Sec-Fetch-Dest']
  return {
    ...parts,
    snippetsFor: compileSnippets(settings.disableFilter ? [] : settings.snippets, settings.csp),
    fetchUrlFor: createFetchUrlBuilder(settings),
    pathIsIncluded: (path) => included(path) && !excluded(path),
    // What is loaded ahead has an empty destination, and later another one: a browser would ask for it twice.
    variesBy: (req) => (isAhead(req) ? always : ofNavigation),
    reportBlocked: createBlockReport(logger, events, parts.now),
    reportFailure: (error) => logger.error({ err: error }, 'Facsimile failed on a page and left it as it was.'),
  }
}
