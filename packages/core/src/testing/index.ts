// The conformance suite: the contract of a cache provider in executable form, for our providers and everybody's.
import type { CacheProvider } from '../cache-provider.js'
import { CANCELLATION_CASES } from './cases/cancellation.js'
import { CLOSING_CASES } from './cases/closing.js'
import { EXPIRY_CASES } from './cases/expiry.js'
import { HEALTH_CASES } from './cases/health.js'
import { RACE_CASES } from './cases/races.js'
import { ROUND_TRIP_CASES } from './cases/round-trip.js'
import { TAKING_CASES } from './cases/taking.js'
import { USAGE_CASES } from './cases/usage.js'
import type { Bench, ConformanceCase, ProviderTraits } from './conformance-case.js'
import { within } from './deadline.js'

export type { ProviderTraits } from './conformance-case.js'

/** A case that never ends fails after this long. */
const CASE_DEADLINE_MS = 60_000

const CASES: readonly ConformanceCase[] = [
  ...ROUND_TRIP_CASES,
  ...TAKING_CASES,
  ...EXPIRY_CASES,
  ...RACE_CASES,
  ...CANCELLATION_CASES,
  ...HEALTH_CASES,
  ...USAGE_CASES,
  ...CLOSING_CASES,
]

export interface ConformanceSettings extends ProviderTraits {
  /**
   * Opens a provider; the suite closes it. Each case opens fresh ones, all on the same store where the store is shared.
   * Pages of other users of that store do no harm: nearly every case uses tokens of its own.
   */
  readonly open: () => CacheProvider | Promise<CacheProvider>
  /** The test function of your runner: `test` of node:test, jest or vitest. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** The grouping function of your runner; without it the provider's name stands before each case. */
  readonly describe?: (name: string, define: () => void) => unknown
  /**
   * Makes the store fail for every provider that is open, and answers with what puts it right again: a server stopped
   * and continued, a folder moved away. Without it the cases on a broken store are left out.
   */
  readonly breakStore?: () => Promise<() => Promise<void>>
}

/**
 * Registers every case that applies to the provider called `name`.
 *
 * ```ts
 * import { test } from 'node:test'
 * import { describeCacheProvider } from '@facsimile/core/testing'
 *
 * describeCacheProvider('my store', { open: () => createMyProvider(), test })
 * ```
 *
 * The race for one page runs 200 rounds: give your runner 30 seconds per test, or lower `raceRounds` while developing.
 */
export function describeCacheProvider(name: string, settings: ConformanceSettings): void {
  const { describe, test } = settings
  const traits: Required<ProviderTraits> = {
    shared: settings.shared ?? true,
    largestBodyBytes: settings.largestBodyBytes ?? 1024 * 1024,
    expiryGranularityMs: settings.expiryGranularityMs ?? 0,
    raceRounds: settings.raceRounds ?? 200,
  }
  const cases = CASES.filter(({ needs }) => {
    if (needs === 'shared') return traits.shared
    return needs === undefined || settings.breakStore !== undefined
  })
  const prefix = describe ? '' : `${name}: `
  const define = () => {
    for (const one of cases) test(`${prefix}${one.name}`, () => runCase(one, traits, settings))
  }
  if (describe) describe(name, define)
  else define()
}

async function runCase(one: ConformanceCase, traits: Required<ProviderTraits>, settings: ConformanceSettings) {
  const endings: (() => Promise<void>)[] = []
  const bench: Bench = {
    traits,
    async open() {
      const provider = await settings.open()
      endings.unshift(() => provider.close())
      return provider
    },
    async breakStore() {
      const repair = once((await settings.breakStore?.()) ?? (() => Promise.resolve()))
      endings.unshift(repair)
      return { repair }
    },
  }
  try {
    await within(CASE_DEADLINE_MS, JSON.stringify(one.name), one.run(bench))
  } finally {
    for (const end of endings) await end()
  }
}

/** `action`, done at its first call only. */
function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= action())
}
