// What the settings make of a page: which snippets it should have, and the page itself, made anew from its copy.
import {
  asciiBasedCharset,
  compileSnippets,
  createFetchUrlBuilder,
  Inserter,
  takeNoncesOut,
  type BlockedSnippet,
  type PagePolicies,
  type PageTraits,
  type Settings,
  type Snippet,
} from '@facsimile/core'
import type { HttpAnswer } from '../crawl/http-request.js'
import { copyOf, type Expectations, type View } from './observations.js'

export interface SnippetFate {
  readonly snippet: Snippet
  readonly fate: 'in the page' | 'not meant for it' | 'blocked'
  readonly block?: BlockedSnippet | undefined
}

/** `undefined` without policies. */
export function policiesIn({ headers }: HttpAnswer): PagePolicies | undefined {
  const enforced = headers.get('content-security-policy')
  const reported = headers.get('content-security-policy-report-only')
  return enforced === undefined && reported === undefined ? undefined : takeNoncesOut(enforced, reported)
}

/** What becomes of each snippet of the settings in this page, in their order. */
export function snippetFates({ answer }: View, settings: Settings, expected: Expectations): readonly SnippetFate[] {
  const traits = traitsOf(answer)
  return settings.snippets.map((snippet) => {
    const set = compileSnippets([snippet], settings.csp)(requestFor(answer, expected))
    const { count, blocked } = set.fit(traits)
    if (blocked[0] !== undefined) return { snippet, fate: 'blocked', block: blocked[0] }
    const marker = snippet.unlessPageContains
    const isNeedless = marker !== undefined && answer.body.includes(marker)
    return { snippet, fate: count === 0 || isNeedless ? 'not meant for it' : 'in the page' }
  })
}

/** The visitor's page as the settings make it of its copy; `undefined` where there is no copy of it without snippets. */
export function expectedPage(
  { answer, fetches, fetchUrls, jar }: View,
  settings: Settings,
  expected: Expectations,
): Buffer | undefined {
  const copy = copyOf(fetches)
  if (copy === undefined || settings.storeAs === 'sent') return undefined
  const traits = traitsOf(answer)
  const token = fetchUrls[0]?.token
  const fetchUrl = token === undefined ? undefined : createFetchUrlBuilder(settings)(token, jar.header())
  const nonces = traits.policies?.nonces ?? []
  const fitted = compileSnippets(settings.snippets, settings.csp)(requestFor(answer, expected)).fit(traits)
  const charsetKnown = charsetOf(answer) !== undefined
  const isXml = /^application\/xhtml\+xml\b/i.test(answer.headers.get('content-type') ?? '')
  const inserter = new Inserter(fitted.render({ fetchUrl, token, nonces }, charsetKnown, isXml))
  const out: Buffer[] = []
  inserter.push(copy.body, out)
  inserter.end(out)
  return Buffer.concat(out)
}

function traitsOf(answer: HttpAnswer): PageTraits {
  const charset = charsetOf(answer)
  const isUtf8 = charset !== undefined && asciiBasedCharset(charset) === 'utf-8'
  return { isUtf8, host: answer.url.host, policies: policiesIn(answer) }
}

function requestFor({ url }: HttpAnswer, { method, headers }: Expectations) {
  return { path: url.pathname, method, headers }
}

function charsetOf({ headers }: HttpAnswer): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers.get('content-type') ?? '')?.[1]
}
