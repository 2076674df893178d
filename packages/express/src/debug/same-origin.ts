// Whether a request comes from a page of this very site, or from another one in the same browser.
import { hostOf, type Request } from '../http-types.js'

/** For a POST. Browsers that know Fetch Metadata say so; for others the Origin has to name this host. */
export function isSameOrigin(req: Request): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const host = hostOf(req)
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase()
}

/** Whether a browser says that another site made it ask: by a link, a form, or a picture that is none. */
export function isFromElsewhere({ headers }: Request): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}
