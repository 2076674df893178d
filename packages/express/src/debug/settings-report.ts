// The settings in force as they may be shown, where they came from, and the snippets as pages get them.
import {
  createFetchUrlBuilder,
  maskLocation,
  maskSettings,
  type CacheProvider,
  type PageToken,
  type Placement,
  type Settings,
} from '@facsimile/core'
import type { SettingsState } from '../live-settings.js'
import type { StoreUsage } from './store-usage.js'

export interface SettingsReport {
  readonly file: string | undefined
  readonly version: number
  /** Milliseconds since 1970. */
  readonly since: number
  readonly error: string | undefined
  /** Without what is secret. */
  readonly values: Readonly<Record<string, unknown>>
  readonly snippets: readonly SnippetReport[]
  /** Its name, where pages are stored. */
  readonly provider: string | undefined
  /** What it holds, where it can tell. */
  readonly usage: StoreUsage | undefined
}

export interface SnippetReport {
  readonly name: string
  readonly placement: Placement
  /** Where it goes by its path patterns, or that a function decides. */
  readonly when: string
  /** With a fetch URL filled in; the token is `…`. */
  readonly html: string
}

export function reportSettings(
  settings: Settings,
  { file, version, since, error }: SettingsState,
  provider: CacheProvider | undefined,
  usage: StoreUsage | undefined,
): SettingsReport {
  // They stand in a section of their own.
  const { snippets: _snippets, ...values } = maskSettings(settings)
  return {
    file,
    version,
    since,
    error: error?.message,
    values,
    snippets: settings.snippets.map(({ name, placement, when, html }) => ({
      name,
      placement,
      when: whenText(when),
      html: fillIn(html, settings),
    })),
    provider: settings.disableCache || provider === undefined ? undefined : maskLocation(provider.name),
    usage,
  }
}

function whenText(when: Settings['snippets'][number]['when']): string {
  if (when === undefined) return 'every page'
  return typeof when === 'function' ? 'where a function says so' : when.join(', ')
}

function fillIn(html: string, settings: Settings): string {
  const token = '…' as PageToken
  const url = JSON.stringify(createFetchUrlBuilder(settings)(token, undefined))
  return html
    .replaceAll('%FetchUrl%', () => (settings.disableCache ? 'null' : url))
    .replaceAll('%CacheToken%', () => (settings.disableCache ? '' : token))
}
