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
  /** A page is in the cache of `provider`. */
  'facsimile:stored': { readonly bytes: number; readonly durationMs: number; readonly provider: string }
  /** A page could not be stored. */
  'facsimile:lost': { readonly reason: Loss; readonly error?: unknown }
  /** The time of a page is over, and this process has not handed it over; where servers share a store, another may have. */
  'facsimile:expired': Readonly<Record<string, never>>
  /** The crawler was given a page. */
  'facsimile:fetched': { readonly bytes: number; readonly ageMs: number }
  /** The fetcher had no such page. */
  'facsimile:missed': { readonly reason: Miss }
  /** A stored page could not be opened, and counts as a miss: sealed with a key that is not there, damaged, or not sealed. */
  'facsimile:unreadable': { readonly reason: Unreadable }
  /** The fetcher refused an address: `clientAddress`, where one was found. */
  'facsimile:denied': { readonly reason: Refusal; readonly clientAddress?: string }
  /** The fetcher could not answer because the cache provider did not. */
  'facsimile:unavailable': { readonly error: unknown }
  /** The settings file was read again, and its settings are in force: the `version`th since the start, which was 1. */
  'facsimile:reloaded': { readonly version: number }
  /** The settings file could not be used; the last good settings stay in force. */
  'facsimile:reload-failed': { readonly error: unknown }
}

export type FacsimileEventName = keyof FacsimileEvents

/** An event with its name. */
export type FacsimileEvent = {
  readonly [Name in FacsimileEventName]: { readonly name: Name; readonly data: FacsimileEvents[Name] }
}[FacsimileEventName]

/** Where one Facsimile tells what happens to it. */
export interface EventSource {
  /** Tells the channel and the listener; `describe` is called only when somebody listens. */
  publish<Name extends FacsimileEventName>(name: Name, describe: () => FacsimileEvents[Name]): void
  /** Tells `listener` of every event from now on, in place of the one before; `undefined` ends it. It must not throw. */
  listen(listener: ((event: FacsimileEvent) => void) | undefined): void
}

const channels = new Map<FacsimileEventName, ReturnType<typeof channel>>()

/** The events of one Facsimile; the channels are those of the whole process. */
export function createEventSource(): EventSource {
  let heard: ((event: FacsimileEvent) => void) | undefined
  return {
    publish(name, describe) {
      let target = channels.get(name)
      if (target === undefined) channels.set(name, (target = channel(name)))
      if (heard === undefined && !target.hasSubscribers) return
      const data = describe()
      heard?.({ name, data } as FacsimileEvent)
      if (target.hasSubscribers) target.publish(data)
    },
    listen(listener) {
      heard = listener
    },
  }
}
