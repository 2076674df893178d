// What is known of a request before the application has answered: whether to filter, with which snippets and token.
import {
  cookieValues,
  createPageToken,
  type PageToken,
  type PassOver,
  type SnippetSet,
  type SnippetValues,
} from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import { targetOf, type Request } from './http-types.js'
import { asksForPage, hideConditions } from './validators.js'

/** The word for which this request's response is passed over whatever it is, or `undefined`. */
export function judgeRequest(
  req: Request,
  path: string,
  { settings, pathIsIncluded, random }: FilterContext,
): PassOver | undefined {
  if (!pathIsIncluded(path)) return 'excluded'
  const { optOutCookie, privacySignals, sampleRatio } = settings
  const cookies = req.headers.cookie ?? ''
  const answers = optOutCookie === false ? [] : cookieValues(cookies, optOutCookie.name)
  if (optOutCookie !== false && answers.includes(optOutCookie.value)) return 'cookie'
  if (privacySignals.includes('gpc') && req.headers['sec-gpc'] === '1') return 'privacy'
  if (privacySignals.includes('dnt') && req.headers['dnt'] === '1') return 'privacy'
  // A visitor who has the cookie with another value is being recorded: only first views are sampled.
  if (sampleRatio < 1 && answers.length === 0 && random() >= sampleRatio) return 'sampled-out'
  return undefined
}

/** One request that may get a page. */
export class Visit {
  readonly url: string
  readonly method: string
  readonly snippets: SnippetSet
  /** Whether the client may see what the filter did: its address is on the allowlist. */
  readonly isViewer: boolean
  /** Whether the client asks by an entity tag that names the current snippets. */
  asksByOwnTag = false
  readonly #context: FilterContext
  readonly #req: Request
  #token: PageToken | undefined

  constructor(req: Request, context: FilterContext, isViewer: boolean) {
    const target = targetOf(req)
    this.url = target.url
    this.method = req.method ?? 'GET'
    this.isViewer = isViewer
    this.#context = context
    this.#req = req
    this.snippets = context.snippetsFor({ path: target.path, method: this.method, headers: req.headers })
  }

  get stores(): boolean {
    return this.#context.pages !== undefined
  }

  /** Whether the page itself leads to its stored copy, so that it must not come back from a cache. */
  get carriesToken(): boolean {
    return this.stores && (this.snippets.carriesToken || this.#token !== undefined)
  }

  /** Made when first asked for; from then on a fetch waits for the page. `undefined` when pages are not stored. */
  get token(): PageToken | undefined {
    if (this.#token === undefined && this.stores) {
      this.#token = createPageToken()
      this.#context.pages?.expect(this.#token)
    }
    return this.#token
  }

  /** The token for an application that places it itself, which must then not be answered with a 304 either. */
  claimToken(): PageToken | undefined {
    if (this.stores && asksForPage(this.#req)) hideConditions(this.#req)
    return this.token
  }

  /** The page will not be stored. */
  abandon(): void {
    if (this.#token !== undefined) this.#context.pages?.forget(this.#token)
  }

  snippetValues(nonce: string | undefined): SnippetValues {
    const token = this.snippets.carriesToken ? this.token : undefined
    const fetchUrl = token === undefined ? undefined : this.#context.fetchUrlFor(token, this.#req.headers.cookie)
    return { token, fetchUrl, nonce }
  }
}
