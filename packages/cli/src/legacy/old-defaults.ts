// What the PHP module did where a key was missing, told where it was dangerous or is different now.
import type { Draft } from './draft.js'
import type { PhpConfig } from './php-config.js'

/** By the key that was missing. */
const MISSING: Readonly<Record<string, string>> = {
  CacheProvider:
    'it was missing, so pages lay in the folder Cache of the old module, which may be open to the web: delete them. The default is `memory:`; where several processes serve the site, write `file:` and a folder outside of the web root',
  MaxCachedSeconds: 'it was missing, so pages were kept for ever; the default of 60 seconds applies',
  DeleteAfterPull: 'it was missing, so that a page could be fetched again and again; the default is that one fetch takes it',
  AllowedAddresses: 'it was missing, and nobody may fetch a page until `allowedAddresses` names the crawler',
} // prettier-ignore
/** Any of these shows that the file is one of the PHP module; other modules have their own names, and other defaults. */
const SIGNS = ['CacheFetchingUrl', 'ScriptsFile', ...Object.keys(MISSING)]

export function warnOfMissing({ warnings }: Draft, config: PhpConfig, file: string): void {
  if (!SIGNS.some((key) => config.has(key))) return
  for (const [key, text] of Object.entries(MISSING)) {
    const isElsewhere = key === 'CacheProvider' && config.has('CacheLocation')
    if (!config.has(key) && !isElsewhere) warnings.push({ key, place: file, text })
  }
}
