// What is allowed in settings and probably not meant, once in the log.
import { explain, findSettingGaps, type Logger, type SettingGap, type Settings } from '@facsimile/core'

/** Where each of these stands, pages leave without a way to their copies, unless the application gives it. */
const WITHOUT_TOKEN: readonly string[] = ['filter-disabled', 'no-snippets', 'fetch-url-missing']
/** What is meant by whoever sets it, or is told of elsewhere. */
const NOT_LOGGED: readonly string[] = ['debug-allowed', 'allowlist-local', 'fetch-url-insecure', 'nothing-sampled']

export function warnOfGaps(settings: Settings, logger: Logger): void {
  if (settings.disableCache) return
  for (const gap of findSettingGaps(settings)) {
    if (WITHOUT_TOKEN.includes(gap.word)) {
      const exception = 'Where the application places `tokenFor` itself, all is well.'
      logger.warn({ word: gap.word }, `${explain('found', 'fetch-url-missing')} ${exception}`)
    } else if (!NOT_LOGGED.includes(gap.word)) logger.warn(fieldsOf(gap), sentencesOf(gap))
  }
}

function fieldsOf({ word, said }: SettingGap): object {
  return { word, ...(said !== undefined && { said }) }
}

function sentencesOf(gap: SettingGap): string {
  return gap.kind === 'found' ? explain('found', gap.word) : explain('refused', gap.word)
}
