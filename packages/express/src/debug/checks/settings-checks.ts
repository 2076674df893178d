// What the settings by themselves leave undone, or allow and probably do not mean.
import cluster from 'node:cluster'
import { findSettingGaps, type CacheProvider, type Settings } from '@facsimile/core'
import type { SettingsState } from '../../live-settings.js'
import { found, type Verdict } from '../verdict.js'

/** What the page shows as it is looked at, or what another check sees more of. */
const SEEN_ELSEWHERE: readonly string[] = ['debug-allowed', 'allowlist-local', 'fetch-url-insecure']

export function checkSettings(settings: Settings, state: SettingsState): readonly Verdict[] {
  const verdicts = findSettingGaps(settings).flatMap(({ kind, word, said = '' }) =>
    kind === 'refused' || SEEN_ELSEWHERE.includes(word) ? [] : [found('warning', word, ...detailOf(said))],
  )
  if (state.error !== undefined) verdicts.unshift(found('fault', 'settings-not-reloaded', state.error.message))
  return verdicts
}

function detailOf(said: string): readonly string[] {
  return said === '' ? [] : [`${said.charAt(0).toUpperCase()}${said.slice(1)}.`]
}

/** Workers of `node:cluster` answer on one port, and each has a memory of its own. */
export function checkSharing(provider: CacheProvider | undefined): readonly Verdict[] {
  return provider?.name === 'memory' && cluster.isWorker
    ? [found('fault', 'store-not-shared', 'This process is a worker of node:cluster.')]
    : []
}
