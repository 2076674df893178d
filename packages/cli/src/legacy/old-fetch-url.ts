// The old pattern of the URL that the crawler asks for, as `fetchUrl`, or as nothing where the path alone is better.
import type { Step } from './draft.js'

const FETCH_PATH = '/facsimile'
const MOVED = `the crawler now asks for ${FETCH_PATH}, so change the rules of proxies, and robots.txt with \`facsimile robots\``
const OWN_HOST = `${MOVED}; its URL has the scheme and the host of the page, unless you set \`fetchUrl\``

export function translateFetchUrl({ value, set, leave, warn }: Step): void {
  if (typeof value !== 'string' || value === '') return warn(OWN_HOST)
  if (!value.includes('%CacheToken%'))
    return leave(`it has no %CacheToken%, so that all pages shared one URL; ${OWN_HOST}`)
  if (/^(?:https?:\/\/)?%ClickTaleCacheUrl%/i.test(value) || value.startsWith('/')) {
    const wasInsecure = /^http:/i.test(value)
    const danger =
      'it was plain http, so that private pages crossed the network in the clear, and the host was taken from the request; '
    return warn(wasInsecure ? danger + OWN_HOST : OWN_HOST)
  }
  const example = value.replaceAll('%CacheToken%', 'token')
  const url = URL.canParse(example) ? new URL(example) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.host.includes('%'))
    return leave(`it cannot be read as an absolute URL; ${OWN_HOST}`)
  set('fetchUrl', `${url.protocol}//${url.host}${FETCH_PATH}?t=%CacheToken%`)
  warn(MOVED)
  if (url.protocol === 'http:')
    warn('it is plain http: private pages cross the network in the clear; write `fetchUrl` with https')
}
