// A short soak, by the code of `npm run soak`: nothing is left behind, no page is wrong, and a leak would be found.
import { describe, expect, test } from '@jest/globals'
import { judge } from '../../scripts/soak/bars.mjs'
import type { SoakOptions } from '../../scripts/soak/options.mjs'
import { soak } from '../../scripts/soak/soak.mjs'

const OPTIONS = { store: 'memory', periodMs: 3_000, seed: 20, warmUp: 1_500, step: 750, requests: 6_000, seconds: 20 }

/** The bars that a soak missed, and the words for what it saw. */
async function faultsOf(options: SoakOptions) {
  const measured = await soak(options)
  const missed = judge(measured).filter(({ isMissed }) => isMissed)
  return {
    missed: missed.map(({ name, figure, bar }) => `${name}: ${figure} (${bar})`),
    seen: [...measured.ledger.wrong, ...measured.end.cases, ...(measured.samples.at(-1)?.complaints ?? [])],
  }
}

describe('a soak', () => {
  test('leaves nothing behind while visitors leave early and the store dies and returns', async () => {
    expect(await faultsOf(OPTIONS)).toEqual({ missed: [], seen: [] })
  }, 180_000)

  test('finds a kilobyte, a timer and a listener of the connection that each request leaves behind', async () => {
    const { missed } = await faultsOf({ ...OPTIONS, warmUp: 700, step: 700, requests: 2_100, seconds: 60, leaks: true })
    for (const name of ['heap growth', 'timers that wait', 'listeners that a connection gathers', 'warnings'])
      expect(missed).toContainEqual(expect.stringMatching(`^${name}`))
  }, 180_000)
})
