// Asks the cache provider how it is.
import { maskLocation, type CacheProvider, type Settings } from '@facsimile/core'
import { answerWithin } from '../answer-within.js'
import { phrasesOf, type StoreUsage } from '../store-usage.js'
import { fine, found, type Verdict } from '../verdict.js'

/** Never rejects. What a provider of somebody else's says is masked like a location. */
export async function checkStore(provider: CacheProvider | undefined, settings: Settings): Promise<readonly Verdict[]> {
  if (provider === undefined || settings.disableCache) return []
  const problems = await answerWithin(
    () => provider.check(),
    (reason) => [reason],
  )
  return problems.length === 0
    ? [fine(`The cache provider answers: ${maskLocation(provider.name)}.`)]
    : [found('fault', 'store-failing', ...problems.map(maskLocation))]
}

/** Whether pages are driven out before their time. */
export function checkRoom(usage: StoreUsage | undefined): readonly Verdict[] {
  return usage?.isFull === true ? [found('warning', 'store-full', `It holds ${phrasesOf(usage).join(', ')}.`)] : []
}
