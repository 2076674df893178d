// What Facsimile tells the outside: one channel of node:diagnostics_channel per kind of event. A page token, a URL or
// a query is never part of an event; where nobody listens, nothing is made.
import { channel } from 'node:diagnostics_channel'
import type { Loss, Miss, PassOver, Refusal, Unreadable } from './words.js'

/** The events and what each carries. */
export interface FacsimileEvents {
  /** The filter passed a response over. What each reason means, here and below: `WORDS`, and docs/words.md. */
  'facsimile:skipped': { readonly reason: PassOver }
  /** A page leaves with its snippets: so many, less those that a marker in the page makes needless. */
  'facsimile:injected': { readonly snippets: number }
  /** A snippet was left out, because the page's Content-Security-Policy would block it by this directive. */
  'facsimile:blocked': { readonly snippet: string; readonly directive: string }
  /** A page is in the cache. */
  'facsimile:stored': { readonly bytes: number; readonly durationMs: number }
  /** A page could not be stored. */
  'facsimile:lost': { readonly reason: Loss; readonly error?: unknown }
  /** The crawler was given a page. */
  'facsimile:fetched': { readonly bytes: number; readonly ageMs: number }
  /** The fetcher had no such page: the token is malformed, expired, taken or was never given. */
  'facsimile:missed': { readonly reason: Miss }
  /** A stored page could not be opened, and counts as a miss: sealed with a key that is not there, damaged, or not sealed. */
  'facsimile:unreadable': { readonly reason: Unreadable }
  /** The fetcher refused an address. */
  'facsimile:denied': { readonly reason: Refusal }
  /** The fetcher could not answer because the cache provider did not. */
  'facsimile:unavailable': { readonly error: unknown }
}

const channels = new Map<keyof FacsimileEvents, ReturnType<typeof channel>>()

/** Publishes an event; `describe` is called only when somebody listens. */
export function publish<Name extends keyof FacsimileEvents>(name: Name, describe: () => FacsimileEvents[Name]): void {
  let target = channels.get(name)
  if (target === undefined) channels.set(name, (target = channel(name)))
  if (target.hasSubscribers) target.publish(describe())
}
