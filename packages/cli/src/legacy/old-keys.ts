// Every key of the old modules: what it is now, why, and how its value is translated. docs/old-settings.md is this table.
import type { Snippet } from '@facsimile/core'
import type { Draft, Step } from './draft.js'
import { translateFetchUrl } from './old-fetch-url.js'
import { translateStore } from './old-store.js'
import {
  translateAddresses,
  translateDebug,
  translateMegabytes,
  translateOptOut,
  translatePages,
  translateSeconds,
  translateSwitch,
  translateWith,
} from './old-values.js'

export interface OldKey {
  readonly name: string
  /** The setting that it has become; empty where there is none. */
  readonly becomes: string
  /** Why, or what is different. */
  readonly how: string
  /** Missing where nothing is carried over; `how` is the reason then. */
  readonly translate?: (step: Step) => void
  /** The value is a snippet for this place. */
  readonly placement?: Snippet['placement']
}

/** The PHP module's config.php. */
const PHP_KEYS: readonly OldKey[] = [
  {
    name: 'CacheFetchingUrl',
    becomes: 'fetchUrl',
    how: 'only where it named a host of its own; else the path alone is used, with the scheme and host of the page',
    translate: translateFetchUrl,
  },
  {
    name: 'CacheProvider',
    becomes: 'cacheProvider',
    how: '`FileSystem` is `file:`, or `memory:` where its folder was in the web root; `APC` is `memory:`, `MySQLMemory` is `mysql:`',
    translate: translateStore,
  },
  {
    name: 'CacheLocation',
    becomes: 'cacheProvider',
    how: 'the part after the scheme, such as `file:/var/lib/pages` or `mysql://user:password@host/database`',
    translate: (step) => (step.config.has('CacheProvider') ? undefined : translateStore(step)),
  },
  {
    name: 'ScriptsFile',
    becomes: 'snippets',
    how: 'the file is read when it can be; snippets stand in the settings themselves',
    translate: () => undefined,
  },
  {
    name: 'CacheScriptsFile',
    becomes: '',
    how: 'snippets are kept in memory, and read again when the settings file changes',
  },
  {
    name: 'MaxCachedSeconds',
    becomes: 'maxCachedSeconds',
    how: '0 meant for ever and is 86400 now; it holds for every provider',
    translate: translateSeconds,
  },
  {
    name: 'MaxFolderSize',
    becomes: 'maxCachedBytes',
    how: 'megabytes become bytes; the oldest pages make room, and not all of them',
    translate: translateMegabytes,
  },
  {
    name: 'DeleteAfterPull',
    becomes: 'deleteAfterPull',
    how: 'the text "false" counted as true',
    translate: translateSwitch('deleteAfterPull'),
  },
  {
    name: 'AllowDebug',
    becomes: 'allowDebug',
    how: 'never switched on by the import, because the old page was open to everybody',
    translate: translateDebug,
  },
  {
    name: 'DisableCache',
    becomes: 'disableCache',
    how: '`%FetchUrl%` is `null` then, and no URL with an empty token',
    translate: translateSwitch('disableCache'),
  },
  {
    name: 'DisableFilter',
    becomes: 'disableFilter',
    how: 'as it was',
    translate: translateSwitch('disableFilter'),
  },
  {
    name: 'DoNotProcessCookieName',
    becomes: 'optOutCookie.name',
    how: 'an empty one is `optOutCookie: false`',
    translate: translateOptOut,
  },
  {
    name: 'DoNotProcessCookieValue',
    becomes: 'optOutCookie.value',
    how: 'an empty one is `optOutCookie: false`; "0" counts now',
    translate: translateWith(
      ['DoNotProcessCookieName'],
      'without the name of a cookie it said nothing; the default is WRUID',
    ),
  },
  {
    name: 'AllowedAddresses',
    becomes: 'allowedAddresses',
    how: 'a list; entries that are no address or range, or let everybody in, are left out',
    translate: translateAddresses,
  },
  { name: 'CacheBlockSize', becomes: '', how: 'pages are not cut into blocks' },
  { name: 'SystemTempDir', becomes: '', how: 'pages never go to a folder that nobody named' },
  { name: 'LogPathMask', becomes: '', how: 'there are no log files: give a `logger` in code' },
  { name: 'LogCaching', becomes: '', how: 'each store is an event, `facsimile:stored`' },
  { name: 'LogFetching', becomes: '', how: 'each fetch is an event, `facsimile:fetched`' },
  { name: 'UseStaticHash', becomes: '', how: 'no token is known beforehand; whoever knew it passed the address check' },
  { name: 'StaticHash', becomes: '', how: 'no token is known beforehand; whoever knew it passed the address check' },
  {
    name: 'FilterRulesFile',
    becomes: '',
    how: 'pages are stored as they are: what its rules took out is in the stored copy now, so see what must not be stored',
  },
  {
    name: 'CheckQueryStringParamsForRecording',
    becomes: '',
    how: 'nothing in an address switches recording on or off',
  },
]

/** The other modules: ASP.NET, J2EE, Rails, Django, Drupal, ExpressionEngine. */
const OTHER_KEYS: readonly OldKey[] = [
  { name: 'MaxCachedPages', becomes: 'maxCachedPages', how: 'ASP.NET: as it was', translate: translatePages },
  { name: 'expires_in', becomes: 'maxCachedSeconds', how: 'Rails: seconds, as they were', translate: translateSeconds },
  {
    name: 'allowed_addresses',
    becomes: 'allowedAddresses',
    how: 'Rails: as `AllowedAddresses`',
    translate: translateAddresses,
  },
  {
    name: 'allowed_ips',
    becomes: 'allowedAddresses',
    how: 'ExpressionEngine: as `AllowedAddresses`',
    translate: translateAddresses,
  },
  {
    name: 'do_not_process_cookie_name',
    becomes: 'optOutCookie.name',
    how: 'Rails: as `DoNotProcessCookieName`',
    translate: translateOptOut,
  },
  {
    name: 'do_not_process_cookie_value',
    becomes: 'optOutCookie.value',
    how: 'Rails: as `DoNotProcessCookieValue`; the number 0 is the text "0"',
    translate: translateWith(
      ['do_not_process_cookie_name'],
      'without the name of a cookie it said nothing; the default is WRUID',
    ),
  },
  {
    name: 'path_to_cache',
    becomes: 'cacheProvider',
    how: 'ExpressionEngine: as `CacheLocation` of `FileSystem`',
    translate: (step) =>
      step.config.has('CacheProvider') || step.config.has('CacheLocation') ? undefined : translateStore(step),
  },
  { name: 'top', becomes: 'snippets', how: 'Rails, Drupal: a snippet at `body-start`', placement: 'body-start' },
  { name: 'bottom', becomes: 'snippets', how: 'Rails, Drupal: a snippet at `body-end`', placement: 'body-end' },
  {
    name: 'top_part',
    becomes: 'snippets',
    how: 'ExpressionEngine: a snippet at `body-start`',
    placement: 'body-start',
  },
  { name: 'bottom_part', becomes: 'snippets', how: 'ExpressionEngine: a snippet at `body-end`', placement: 'body-end' },
  {
    name: 'do_not_replace',
    becomes: '',
    how: 'Rails: a regular expression; write a plain text as `unlessPageContains` of each snippet',
  },
  {
    name: 'do_not_record',
    becomes: '',
    how: 'Rails: a regular expression; write paths into `exclude`, or a text as `unlessPageContains`',
  },
  { name: 'insert_after', becomes: '', how: 'Rails: a regular expression; choose the `placement` of the snippet' },
  { name: 'insert_before', becomes: '', how: 'Rails: a regular expression; choose the `placement` of the snippet' },
  { name: 'project_id', becomes: '', how: 'Rails: a part of the tracking code; write it into the snippet' },
  {
    name: 'ratio',
    becomes: '',
    how: "Rails: a part of the tracking code, which decides by itself; `sampleRatio` is the server's own and would come on top",
  },
  { name: 'param', becomes: '', how: 'Rails: the partition, a part of the tracking code; write it into the snippet' },
  { name: 'tag', becomes: '', how: 'Rails: a part of the tracking code; write it into the snippet' },
  {
    name: 'enabled',
    becomes: 'disableFilter, disableCache',
    how: 'Rails: `false` is both of them',
    translate: ({ value, set }) => {
      if (value !== false && value !== 0) return
      set('disableFilter', true)
      set('disableCache', true)
    },
  },
  { name: 'upload_pre', becomes: '', how: 'Rails: the browser uploaded the page; now the crawler fetches it' },
  { name: 'upload_suf', becomes: '', how: 'Rails: the browser uploaded the page; now the crawler fetches it' },
  { name: 'CLICKTALE_PROJECT_ID', becomes: '', how: 'Django: a part of the tracking code; write it into the snippet' },
  { name: 'CLICKTALE_RECORDING_RATIO', becomes: '', how: 'Django: a part of the tracking code, as `ratio` of Rails' },
  {
    name: 'CLICKTALE_PARTITION_ID',
    becomes: '',
    how: 'Django: a part of the tracking code; write it into the snippet',
  },
  {
    name: 'CLICKTALE_AJAX_ENABLED',
    becomes: '',
    how: 'Django: only navigations are recorded; pieces of pages are left alone',
  },
]

export const OLD_KEYS: readonly OldKey[] = [...PHP_KEYS, ...OTHER_KEYS]

/** What holds for every installation of the PHP module, whatever its settings. */
export function warnOfOldFiles({ warnings }: Draft): void {
  warnings.push({
    key: 'CacheTest',
    text: 'whoever asked the old module for the token CacheTest passed its address check, and its folder Install and ClickTaleDebug.php showed its settings: remove its files from the server',
  })
}
