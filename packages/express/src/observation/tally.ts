// Counts what the Facsimiles of this process tell, for whoever reads the counts now and then: an event costs an addition.
import { WORDS } from '@facsimile/core'
import { listenToEvents } from './event-listeners.js'
import { MEASURES, type Distribution, type Measure } from './measures.js'
import { createWordCounts, type Series } from './word-counts.js'

/** What is read when somebody asks. */
export interface Count {
  readonly measure: Measure
  readonly series: readonly Readonly<Series>[]
}

export interface Tally {
  readonly counts: readonly Count[]
  /** Counts no more. */
  close(): void
}

/** The label of a word where there is none to tell. */
const NONE = 'none'
/** Our own cache providers by their names; all others are `other`. */
const PROVIDERS = ['memory', 'file', 'redis', 'mysql']
/** Those that can govern a snippet (Content Security Policy Level 3, 6.8), and the sandbox. */
const DIRECTIVES = [
  'script-src-elem',
  'script-src-attr',
  'script-src',
  'style-src-elem',
  'style-src-attr',
  'style-src',
  'default-src',
  'sandbox',
]

/** Counts from now on. Sizes and times are given to `observe` one by one, in the units of their measures. */
export function createTally(observe: (measure: Distribution, value: number) => void): Tally {
  const skipped = createWordCounts(Object.keys(WORDS['passed over']), (reason) => ({ outcome: 'skipped', reason }))
  const blocked = createWordCounts(DIRECTIVES, (directive) => ({ directive }))
  const stored = createWordCounts(PROVIDERS, (provider) => ({ provider }))
  const lost = createWordCounts(Object.keys(WORDS['not stored']), (reason) => ({ reason }))
  const unreadable = createWordCounts(Object.keys(WORDS.unreadable), (reason) => ({ reason }))
  const missed = createWordCounts(Object.keys(WORDS.missed), (reason) => ({ result: 'missed', reason }))
  const denied = createWordCounts(Object.keys(WORDS.refused), (reason) => ({ result: 'denied', reason }))
  const injected: Series = { labels: { outcome: 'injected', reason: NONE }, value: 0 }
  const fetched: Series = { labels: { result: 'fetched', reason: NONE }, value: 0 }
  const unavailable: Series = { labels: { result: 'unavailable', reason: NONE }, value: 0 }
  const expired: Series = { labels: {}, value: 0 }
  const version: Series = { labels: {}, value: 1 }
  const isReloaded: Series = { labels: {}, value: 1 }
  const reloadFailures: Series = { labels: {}, value: 0 }

  const close = listenToEvents({
    'facsimile:injected': () => injected.value++,
    'facsimile:skipped': ({ reason }) => skipped.add(reason),
    'facsimile:blocked': ({ directive }) => blocked.add(directive),
    'facsimile:stored': ({ provider, durationMs, bytes }) => {
      stored.add(provider)
      observe(MEASURES.storeDuration, durationMs / 1000)
      observe(MEASURES.pageSize, bytes)
    },
    'facsimile:lost': ({ reason }) => lost.add(reason),
    'facsimile:expired': () => expired.value++,
    'facsimile:unreadable': ({ reason }) => unreadable.add(reason),
    'facsimile:fetched': ({ ageMs }) => {
      fetched.value++
      // The clock of another server may be ahead.
      observe(MEASURES.fetchAge, Math.max(0, ageMs) / 1000)
    },
    'facsimile:missed': ({ reason }) => missed.add(reason),
    'facsimile:denied': ({ reason }) => denied.add(reason),
    'facsimile:unavailable': () => unavailable.value++,
    'facsimile:reloaded': (event) => {
      version.value = event.version
      isReloaded.value = 1
    },
    'facsimile:reload-failed': () => {
      isReloaded.value = 0
      reloadFailures.value++
    },
  })

  return {
    counts: [
      { measure: MEASURES.responses, series: [injected, ...skipped.series] },
      { measure: MEASURES.blockedSnippets, series: blocked.series },
      { measure: MEASURES.storedPages, series: stored.series },
      { measure: MEASURES.lostPages, series: lost.series },
      { measure: MEASURES.expiredPages, series: [expired] },
      { measure: MEASURES.unreadablePages, series: unreadable.series },
      { measure: MEASURES.fetches, series: [fetched, ...missed.series, ...denied.series, unavailable] },
      { measure: MEASURES.settingsVersion, series: [version] },
      { measure: MEASURES.lastReloadSuccessful, series: [isReloaded] },
      { measure: MEASURES.reloadFailures, series: [reloadFailures] },
    ],
    close,
  }
}
