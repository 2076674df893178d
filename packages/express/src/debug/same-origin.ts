// Whether a POST comes from a page of this very site, and not from another one in the same browser.
import { hostOf, type Request } from '../http-types.js'

/** Browsers that know Fetch Metadata say so; for others the Origin has to name this host. */
export function isSameOrigin(req: Request): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const host = hostOf(req)
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase()
}
