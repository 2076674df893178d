// Which fetch URLs the crawler follows. A beacon comes from anybody's browser, so only one shape is good enough: the
// shop's own fetcher, with one well-formed token.
import { parsePageToken, type PageToken } from '@facsimile/core'
import type { Origins } from '../origins.js'

/** Where the shop's Facsimile answers; its default. */
export const FETCH_PATH = '/facsimile'

/** The token in `fetchUrl`, or `undefined` when following it would lead anywhere but to the shop's fetcher. */
export function parseFetchUrl(fetchUrl: string, shop: Origins): PageToken | undefined {
  const url = URL.canParse(fetchUrl) ? new URL(fetchUrl) : undefined
  if (!url || !shop.all.has(url.origin) || url.pathname !== FETCH_PATH) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  const parameters = [...url.searchParams]
  return parameters.length === 1 && parameters[0]?.[0] === 't' ? parsePageToken(parameters[0][1]) : undefined
}
