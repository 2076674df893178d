// Finds the one nonce with which an element passes the most of a page's policies: a browser asks all of them.
import type { ReadPolicies } from './page-policies.js'
import { governingDirective, type Policy } from './policy.js'
import { noncesIn } from './source-list.js'
import type { PageOrigin } from './source-url.js'
import { blockingDirective, type GuardedElement } from './verdict.js'

/** A policy, by its place in the header, that blocks an element, and the directive by which it does. */
export interface Blocker {
  readonly policy: number
  readonly directive: string
}

export interface ElementFit {
  readonly nonce: string | undefined
  /** Empty when the element may run. */
  readonly blockers: readonly Blocker[]
}

export interface NonceTaker extends GuardedElement {
  /** `'any'` when it takes ours; else its own, or none where it cannot have one. */
  readonly nonce: { readonly own: string | undefined } | 'any'
}

/** Policies that only report decide between nonces that are equally good, so that no reports arise. */
export function fitElement(element: NonceTaker, policies: ReadPolicies, page: PageOrigin): ElementFit {
  const { enforced, reported } = policies
  const candidates =
    element.nonce === 'any' ? noncesFor(element, [...enforced, ...reported]) : [numberOf(element.nonce.own, policies)]
  const fits = candidates.map((nonce) => ({
    nonce,
    blockers: blockersOf(element, nonce, enforced, page),
    reports: blockersOf(element, nonce, reported, page).length,
  }))
  return fits.reduce((best, fit) => {
    const more = fit.blockers.length - best.blockers.length || fit.reports - best.reports
    return more < 0 ? fit : best
  })
}

function numberOf(nonce: string | undefined, { nonces }: ReadPolicies): string | undefined {
  return nonce !== undefined && nonces.includes(nonce) ? String(nonces.indexOf(nonce)) : undefined
}

/** Those in the directives that govern the element, and none at all as the last choice. */
function noncesFor(element: GuardedElement, policies: readonly Policy[]): readonly (string | undefined)[] {
  const nonces = new Set<string | undefined>()
  for (const policy of policies) {
    const directive = governingDirective(policy, element.kind)
    for (const nonce of noncesIn(policy.get(directive ?? '') ?? [])) nonces.add(nonce)
  }
  return [...nonces, undefined]
}

function blockersOf(
  element: GuardedElement,
  nonce: string | undefined,
  policies: readonly Policy[],
  page: PageOrigin,
): readonly Blocker[] {
  return policies.flatMap((policy, index) => {
    const directive = blockingDirective(policy, element, nonce, page)
    return directive === undefined ? [] : [{ policy: index, directive }]
  })
}
