// What is allowed in settings and probably not meant: said once in the log.
import type { Logger, Settings } from '@facsimile/core'

export function warnOfGaps(settings: Settings, logger: Logger): void {
  if (settings.disableCache) return
  const { allowedAddresses, disableFilter, fetchPath, fetchUrl, snippets } = settings
  if (disableFilter || !snippets.some(({ html }) => /%(?:FetchUrl|CacheToken)%/.test(html))) {
    logger.warn(
      {},
      'No snippet carries %FetchUrl% or %CacheToken%: the crawler finds stored pages only where the application places tokenFor(res) itself.',
    )
  }
  if (allowedAddresses.length === 0) {
    logger.warn({}, 'allowedAddresses is empty: nobody can fetch the stored pages. List the addresses of the crawler.')
  }
  if (fetchUrl !== undefined && !leadsTo(fetchUrl, fetchPath)) {
    logger.warn(
      { fetchUrl, fetchPath },
      `fetchUrl does not lead to ${fetchPath}?t=%CacheToken%: unless a proxy rewrites it, the crawler will not find the fetcher.`,
    )
  }
}

function leadsTo(fetchUrl: string, fetchPath: string): boolean {
  const { pathname, searchParams } = new URL(fetchUrl.replaceAll('%CacheToken%', 'token'))
  return pathname === fetchPath && searchParams.getAll('t').join() === 'token'
}
