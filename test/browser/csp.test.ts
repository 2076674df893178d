// Rule 21 as Chromium sees it: what is inserted runs without a violation, and what is left out would have been blocked.
import { describe, expect, test } from '@jest/globals'
import { INLINE_HASH, NAMES, SRI_HASH, visitWithPolicies, type Policies } from './support/csp-site.js'

const TIMEOUT_MS = 90_000
const INLINE = 'inline lines module '
const LOADED = 'own foreign sri '
const ATTRIBUTES = 'handler url '
const STYLES = 'style sheet attribute '
const HELMET =
  "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
  "img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"

interface Case {
  readonly name: string
  readonly policies: Policies
  /** What is left out. */
  readonly nonce: string
  readonly hash: string
}
/** Words of the names above; `hash` is the same but for those scripts and styles that stand in the page, by default. */
function policy(name: string, policies: Policies | string, nonce: string, hash?: string): Case {
  const helped = new Set((INLINE + 'sri style').split(' '))
  const rest = nonce
    .split(' ')
    .filter((word) => !helped.has(word))
    .join(' ')
  return {
    name,
    policies: typeof policies === 'string' ? { enforced: policies } : policies,
    nonce,
    hash: hash ?? rest,
  }
}

const CASES: readonly Case[] = [
  policy('no directive for scripts or styles', "img-src 'none'", ''),
  policy('unsafe-inline', "script-src 'unsafe-inline'; style-src 'unsafe-inline'", LOADED + 'sheet', LOADED + 'sheet'),
  policy('self', "default-src 'self'", `${INLINE} foreign sri ${ATTRIBUTES} style attribute`),
  policy('none', "default-src 'none'", INLINE + LOADED + ATTRIBUTES + STYLES),
  policy('an empty list', 'script-src; style-src', INLINE + LOADED + ATTRIBUTES + STYLES),
  policy('any host', 'default-src *', `${INLINE} ${ATTRIBUTES} style attribute`),
  policy('a scheme', 'default-src http:', `${INLINE} ${ATTRIBUTES} style attribute`),
  policy('a host with its port', 'script-src {other}', `${INLINE} own ${ATTRIBUTES}`),
  policy('the own host by name', 'script-src {host}', `${INLINE} foreign sri ${ATTRIBUTES}`),
  policy('any port', 'script-src 127.0.0.1:*', `${INLINE} ${ATTRIBUTES}`),
  policy('a path', 'script-src {other}/sri.js', `${INLINE} own foreign ${ATTRIBUTES}`),
  policy('a nonce', "script-src 'nonce-r4nd0m+/=='", ATTRIBUTES),
  policy('a nonce and unsafe-inline', "script-src 'nonce-r4nd0m' 'unsafe-inline'", ATTRIBUTES),
  policy('a nonce in default-src', "default-src 'nonce-r4nd0m'", `${ATTRIBUTES} attribute`),
  policy('two nonces', "script-src 'nonce-one' 'nonce-two'", ATTRIBUTES),
  policy('strict-dynamic', "script-src 'nonce-r4nd0m' 'strict-dynamic' https: 'unsafe-inline'", ATTRIBUTES),
  policy('strict-dynamic without a nonce', "script-src 'strict-dynamic' 'self'", INLINE + LOADED + ATTRIBUTES),
  policy(
    'strict-dynamic and unsafe-inline',
    "script-src 'strict-dynamic' 'unsafe-inline'",
    INLINE + LOADED + ATTRIBUTES,
  ),
  policy('something that is no nonce', "script-src 'unsafe-inline' 'nonce-!'", LOADED, LOADED),
  policy('the hash of one snippet', `script-src ${INLINE_HASH}`, `lines module ${LOADED} ${ATTRIBUTES}`),
  policy('the hash of a file', `script-src ${SRI_HASH}`, `${INLINE} own foreign ${ATTRIBUTES}`),
  policy('a hash and unsafe-inline', "script-src 'sha256-AAAA' 'unsafe-inline'", INLINE + LOADED + ATTRIBUTES),
  policy('script-src-elem', "script-src-elem 'nonce-r4nd0m'; script-src 'none'", ATTRIBUTES),
  policy('script-src-attr', "script-src-attr 'unsafe-inline'; script-src 'nonce-r4nd0m'", 'url'),
  policy('style-src-elem', "style-src-elem 'nonce-r4nd0m'; style-src 'unsafe-inline'", ''),
  policy('style-src-attr', "style-src-attr 'none'; style-src 'unsafe-inline' 'self'", 'attribute'),
  policy('different nonces', "script-src 'nonce-one'; style-src 'nonce-two'", `${ATTRIBUTES} attribute`),
  policy('what helmet sends', HELMET, `${INLINE} foreign sri ${ATTRIBUTES}`),
  policy(
    'policies that agree',
    { enforced: ["script-src 'nonce-one'", "script-src 'nonce-two' 'nonce-one'"] },
    ATTRIBUTES,
  ),
  policy('policies in one line', "script-src 'nonce-one' 'nonce-two', script-src 'nonce-two'", ATTRIBUTES),
  policy(
    'policies that disagree',
    { enforced: ["script-src 'nonce-one'", "script-src 'nonce-two'"] },
    INLINE + LOADED + ATTRIBUTES,
  ),
  policy(
    'a nonce here and a host there',
    { enforced: ["script-src 'nonce-one'", "script-src 'self'"] },
    `${INLINE} foreign sri ${ATTRIBUTES}`,
  ),
  policy('a sandbox', 'sandbox', INLINE + LOADED + ATTRIBUTES, INLINE + LOADED + ATTRIBUTES),
  policy('a sandbox with scripts', "sandbox allow-scripts allow-same-origin; script-src 'nonce-one'", ATTRIBUTES),
  policy('only reports, with a nonce', { reported: "script-src 'nonce-one'; style-src 'nonce-two'" }, ''),
  policy(
    'reports beside a policy',
    { enforced: "script-src 'nonce-one' 'nonce-two'", reported: "script-src-elem 'nonce-two'" },
    ATTRIBUTES,
  ),
  policy('a directive twice', "script-src 'nonce-one'; script-src 'none'", ATTRIBUTES),
  policy('upper case', "SCRIPT-SRC 'NONCE-one'; STYLE-SRC 'SELF' 'Unsafe-Inline'", ATTRIBUTES),
]

const words = (text: string) =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .sort()
const allBut = (left: string) => NAMES.filter((name) => !words(left).includes(name))

describe('rule 21: under a policy with', () => {
  test.each(CASES)(
    '$name what is inserted runs, and nothing of it is a violation',
    async ({ policies, nonce, hash }) => {
      for (const csp of ['nonce', 'hash'] as const) {
        const left = csp === 'nonce' ? nonce : hash
        const { leftOut, ran, blocked } = await visitWithPolicies(policies, { csp })
        expect({ csp, leftOut, ran, blocked }).toEqual({ csp, leftOut: words(left), ran: allBut(left), blocked: [] })
      }
    },
    TIMEOUT_MS,
  )

  test.each(CASES.filter(({ nonce }) => nonce !== ''))(
    '$name what is left out is blocked, whatever nonce it has',
    async ({ policies, nonce }) => {
      const nonces = JSON.stringify(policies).matchAll(/'nonce-([\w+/=]+)'/gi)
      for (const value of ['', ...new Set([...nonces].map((match) => match[1]))]) {
        const { ran } = await visitWithPolicies(policies, {
          by: (html) => html.replace(/<(?:script|style|link)\b/g, (tag) => `${tag} nonce="${value ?? ''}"`),
        })
        expect(ran.filter((name) => words(nonce).includes(name))).toEqual([])
      }
    },
    TIMEOUT_MS,
  )

  test(
    'a nonce that only reports, what can have it is not reported either',
    async () => {
      const reported = "script-src 'nonce-one' 'report-sample'; style-src 'nonce-two' 'report-sample'"
      const outcome = await visitWithPolicies({ reported }, { csp: 'nonce' })
      expect(outcome.ran).toEqual(NAMES)
      // Each as often as the browser comes by.
      expect([...new Set(outcome.reported)].sort()).toEqual([
        "script-src-attr inline ran.push('handler')",
        "script-src-elem inline javascript:void ran.push('url')",
        'style-src-attr inline color:rgb(1,2,3)',
      ])
    },
    TIMEOUT_MS,
  )
})
