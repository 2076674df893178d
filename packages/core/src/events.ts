// What Facsimile tells the outside: one channel of node:diagnostics_channel per kind of event. A page token, a URL or
// a query is never part of an event; where nobody listens, nothing is made. Whoever subscribes is told in the async
// context of the request that it is about.
import { channel } from 'node:diagnostics_channel'
import type { Loss, Miss, PassOver, Refusal, Unreadable } from './words.js'

/** What an event tells of the page that was to be stored. */
export interface StoredPageFacts {
  /** As the request gave it; over HTTP/2 that can be any word. */
  readonly method: string
  /** The status that the page left with. */
  readonly status: number
  /** How long storing it took; 0 where the cache provider was not asked. */
  readonly durationMs: number
}

/** What an event tells of a request to the fetcher. */
export interface FetchFacts {
  /** As the request gave it; over HTTP/2 that can be any word. */
  readonly method: string
  /** The `fetchPath` of the settings. */
  readonly path: string
  /** How long the fetcher took to know its answer. */
  readonly durationMs: number
}

/** The events and what each carries: public, and named like this in the README. */
export interface FacsimileEvents {
  /** The filter passed a response over. What each reason means, here and below: `WORDS`, and docs/words.md. */
  'facsimile:skipped': { readonly reason: PassOver }
  /** A page leaves with its snippets: so many, less those that a marker in the page makes needless. */
  'facsimile:injected': { readonly snippets: number }
  /** A snippet was left out, because the page's Content-Security-Policy would block it by this directive. */
  'facsimile:blocked': { readonly snippet: string; readonly directive: string }
  /** A page is in the cache of `provider`. */
  'facsimile:stored': { readonly bytes: number; readonly provider: string } & StoredPageFacts
  /** A page could not be stored. */
  'facsimile:lost': { readonly reason: Loss; readonly error?: unknown } & StoredPageFacts
  /** The time of a page is over, and this process has not handed it over; where servers share a store, another may have. */
  'facsimile:expired': Readonly<Record<string, never>>
  /** The crawler was given a page. */
  'facsimile:fetched': { readonly bytes: number; readonly ageMs: number } & FetchFacts
  /** The fetcher had no such page. */
  'facsimile:missed': { readonly reason: Miss } & FetchFacts
  /** A stored page could not be opened, and counts as a miss: sealed with a key that is not there, damaged, or not sealed. */
  'facsimile:unreadable': { readonly reason: Unreadable }
  /** The fetcher refused an address: `clientAddress`, where one was found. */
  'facsimile:denied': { readonly reason: Refusal; readonly clientAddress?: string } & FetchFacts
  /** The fetcher could not answer because the cache provider did not. */
  'facsimile:unavailable': { readonly error: unknown } & FetchFacts
  /**
   * The settings file was read again, and its settings are in force: the `version`th since the start, which was 1. It is
   * the same as before where a file that could not be used was put back.
   */
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
  /** Whether anybody has subscribed to the channel. */
  hasSubscribers(name: FacsimileEventName): boolean
  /** Tells `listener` of every event from now on, in place of the one before; `undefined` ends it. It must not throw. */
  listen(listener: ((event: FacsimileEvent) => void) | undefined): void
}

const channels = new Map<FacsimileEventName, ReturnType<typeof channel>>()

function channelOf(name: FacsimileEventName): ReturnType<typeof channel> {
  let found = channels.get(name)
  if (found === undefined) channels.set(name, (found = channel(name)))
  return found
}

/** The events of one Facsimile; the channels are those of the whole process. */
export function createEventSource(): EventSource {
  let heard: ((event: FacsimileEvent) => void) | undefined
  return {
    publish(name, describe) {
      const target = channelOf(name)
      if (heard === undefined && !target.hasSubscribers) return
      const data = describe()
      heard?.({ name, data } as FacsimileEvent)
      if (target.hasSubscribers) target.publish(data)
    },
    hasSubscribers: (name) => channelOf(name).hasSubscribers,
    listen(listener) {
      heard = listener
    },
  }
}
