// Asks the cache provider how it is.
import { maskLocation, toError, type CacheProvider, type Settings } from '@facsimile/core'
import { fine, found, type Verdict } from '../verdict.js'

const DEADLINE_MS = 2_000

/** Never rejects. What a provider of somebody else's says is masked like a location. */
export async function checkStore(provider: CacheProvider | undefined, settings: Settings): Promise<readonly Verdict[]> {
  if (provider === undefined || settings.disableCache) return []
  const problems = await problemsOf(provider)
  return problems.length === 0
    ? [fine(`The cache provider answers: ${maskLocation(provider.name)}.`)]
    : [found('fault', 'store-failing', ...problems.map(maskLocation))]
}

async function problemsOf(provider: CacheProvider): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<readonly string[]>((resolve) => {
    const sentence = `${provider.name} did not say within ${DEADLINE_MS} ms how it is.`
    timer = setTimeout(() => resolve([sentence]), DEADLINE_MS).unref()
  })
  try {
    return await Promise.race([provider.check(), silence])
  } catch (error) {
    return [toError(error).message]
  } finally {
    clearTimeout(timer)
  }
}
