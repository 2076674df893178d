// What the settings by themselves leave undone, or allow and probably do not mean.
import cluster from 'node:cluster'
import type { CacheProvider, Settings } from '@facsimile/core'
import type { SettingsState } from '../../live-settings.js'
import { found, type Verdict } from '../verdict.js'

export function checkSettings(settings: Settings, state: SettingsState): readonly Verdict[] {
  const { disableFilter, disableCache, snippets, sampleRatio } = settings
  const verdicts: Verdict[] = []
  if (state.error !== undefined) verdicts.push(found('fault', 'settings-not-reloaded', state.error.message))
  if (disableFilter) verdicts.push(found('warning', 'filter-disabled'))
  else if (snippets.length === 0) verdicts.push(found('warning', 'no-snippets'))
  else if (!disableCache && !snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html)))
    verdicts.push(
      found('warning', 'fetch-url-missing', 'Where the application places tokenFor(res) itself, all is well.'),
    )
  if (disableCache) verdicts.push(found('warning', 'cache-disabled'))
  if (sampleRatio === 0) verdicts.push(found('warning', 'nothing-sampled'))
  return verdicts
}

/** Workers of `node:cluster` answer on one port, and each has a memory of its own. */
export function checkSharing(provider: CacheProvider | undefined): readonly Verdict[] {
  return provider?.name === 'memory' && cluster.isWorker
    ? [found('fault', 'store-not-shared', 'This process is a worker of node:cluster.')]
    : []
}
