// What is known of a request beside its answer: whether to filter, with which snippets and token. All of it is found out
// when it is first asked for: most requests are for no page, and cost nothing here.
import {
  compileSnippets,
  cookieValues,
  createPageToken,
  type PageToken,
  type FittedSnippets,
  type PagePolicies,
  type PassOver,
  type SnippetSet,
  type SnippetValues,
} from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import { hostOf, targetOf, type Request } from './http-types.js'
import { isNavigation } from './navigation.js'
import type { Watch } from './watches.js'
import { asksConditionally, asksForPage, hideConditions } from './validators.js'

const NO_SNIPPETS = compileSnippets([])({ path: '/', method: 'GET', headers: {} })
const NOTHING_FITTED = NO_SNIPPETS.fit({ isUtf8: true, host: undefined, policies: undefined })

/** One request that may get a page. */
export class Visit {
  /** Whether the client asks by an entity tag that names the current snippets. */
  asksByOwnTag = false
  /** How often its response has come through the filter. */
  passes = 1
  /** Where its way is noted, of the few that somebody looks at. */
  watch: Watch | undefined
  readonly #context: FilterContext
  readonly #req: Request
  readonly #requestUrl: string
  #isJudged = false
  #passOver: PassOver | undefined
  #snippets: SnippetSet = NO_SNIPPETS
  #fitted: FittedSnippets | undefined
  #token: PageToken | undefined

  constructor(req: Request, requestUrl: string, context: FilterContext) {
    this.#req = req
    this.#requestUrl = requestUrl
    this.#context = context
  }

  get url(): string {
    return targetOf(this.#requestUrl).url
  }

  get method(): string {
    return this.#req.method ?? 'GET'
  }

  get asksConditionally(): boolean {
    return asksConditionally(this.#req)
  }

  /** The word for which this request's response is passed over whatever it is. Never throws: a failure is reported. */
  get passOver(): PassOver | undefined {
    this.#judge()
    return this.#passOver
  }

  /** Those that are meant for the request; none for one that is passed over. */
  get snippets(): SnippetSet {
    this.#judge()
    return this.#snippets
  }

  /** Those that go into its page; none until `fit` has settled it. */
  get fitted(): FittedSnippets {
    return this.#fitted ?? NOTHING_FITTED
  }

  /** Settles which snippets a page with this charset and these policies can take. */
  fit(isUtf8: boolean, policies: PagePolicies | undefined): FittedSnippets {
    this.#fitted = this.snippets.fit({ isUtf8, host: hostOf(this.#req), policies })
    return this.#fitted
  }

  /** Whether the client may see what the filter did: its address is on the allowlist. */
  get isViewer(): boolean {
    const { settings, guard } = this.#context
    return settings.allowedAddresses.length > 0 && guard(this.#req).allowed
  }

  get stores(): boolean {
    return this.#context.pages !== undefined
  }

  /** Whether the page itself leads to its stored copy, so that it must not come back from a cache. */
  get carriesToken(): boolean {
    return this.stores && ((this.#fitted ?? this.snippets).carriesToken || this.#token !== undefined)
  }

  /** Made when first asked for; from then on a fetch waits for the page. `undefined` when pages are not stored. */
  get token(): PageToken | undefined {
    if (this.#token === undefined && this.stores) {
      this.#token = createPageToken()
      this.#context.pages?.expect(this.#token)
    }
    return this.#token
  }

  /** The token that was made, if one was. */
  get madeToken(): PageToken | undefined {
    return this.#token
  }

  /** The token for an application that places it itself, which must then not be answered with a 304 either. */
  claimToken(): PageToken | undefined {
    if (this.passOver !== undefined) return undefined
    if (this.stores && asksForPage(this.#req)) hideConditions(this.#req)
    return this.token
  }

  /** The page will not be stored. */
  abandon(): void {
    if (this.#token !== undefined) this.#context.pages?.forget(this.#token)
  }

  snippetValues(nonces: readonly string[]): SnippetValues {
    const token = this.fitted.carriesToken ? this.token : undefined
    const fetchUrl = token === undefined ? undefined : this.#context.fetchUrlFor(token, this.#req.headers.cookie)
    return { token, fetchUrl, nonces }
  }

  #judge(): void {
    if (this.#isJudged) return
    this.#isJudged = true
    const { path } = targetOf(this.#requestUrl)
    try {
      this.#passOver = judgeRequest(this.#req, path, this.#context)
      if (this.#passOver !== undefined) return
      this.#snippets = this.#context.snippetsFor({ path, method: this.method, headers: this.#req.headers })
    } catch (error) {
      this.#context.reportFailure(error)
      this.#passOver = 'error'
    }
  }
}

function judgeRequest(
  req: Request,
  path: string,
  { settings, pathIsIncluded, random }: FilterContext,
): PassOver | undefined {
  if (!isNavigation(req)) return 'not-navigation'
  if (!pathIsIncluded(path)) return 'excluded'
  if (path === settings.fetchPath) return 'own-path'
  const { headers } = req
  const { optOutCookie, privacySignals, sampleRatio } = settings
  const answers = optOutCookie === false ? [] : cookieValues(headers.cookie ?? '', optOutCookie.name)
  if (optOutCookie !== false && answers.includes(optOutCookie.value)) return 'cookie'
  if (privacySignals.includes('gpc') && headers['sec-gpc'] === '1') return 'privacy'
  if (privacySignals.includes('dnt') && headers['dnt'] === '1') return 'privacy'
  // A visitor who has the cookie with another value is being recorded: only first views are drawn.
  const isFirstView = answers.every((answer) => answer === '')
  return sampleRatio < 1 && isFirstView && random() >= sampleRatio ? 'sampled-out' : undefined
}
