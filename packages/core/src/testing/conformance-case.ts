// The shape of one case of the conformance suite, and what it has to work with.
import type { CacheProvider } from '../cache-provider.js'

/** Honest differences between stores. Whatever is not named here, every provider does alike. */
export interface ProviderTraits {
  /** Two providers that `open` gave see the same pages. @default true */
  readonly shared?: boolean
  /** The largest body that the store takes, in bytes. @default 1_048_576 */
  readonly largestBodyBytes?: number
  /** By how much an expiry may be off, both ways, for example 1000 for a store that counts seconds. @default 0 */
  readonly expiryGranularityMs?: number
  /** How often the race for one page is run. @default 200 */
  readonly raceRounds?: number
}

/** What a case is given. */
export interface Bench {
  readonly traits: Required<ProviderTraits>
  /** A fresh provider that is closed when the case ends. */
  readonly open: () => Promise<CacheProvider>
  /** Makes the store fail for all providers until `repair` is called, at the latest when the case ends. */
  readonly breakStore: () => Promise<{ readonly repair: () => Promise<void> }>
}

export interface ConformanceCase {
  /** A sentence of the contract. */
  readonly name: string
  /** What a provider must have for the case to apply. */
  readonly needs?: 'shared' | 'breakStore'
  /** Rejects when the provider breaks the contract. */
  readonly run: (bench: Bench) => Promise<void>
}
