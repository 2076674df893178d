// Whether a cache may show the page to somebody else, or again, whose token is good for one fetch (RFC 9111).
import type { HttpAnswer } from '../../crawl/http-request.js'
import { finding, resultsOf, type Check } from '../check-result.js'
import { mainView } from './page.js'

export const checkCaching: Check = (seen, { settings, method }) => {
  const { ok, notChecked, warn, fail } = resultsOf('caching')
  const { answer, fetchUrls } = mainView(seen)
  if (fetchUrls.length === 0) return [notChecked('the page carries no fetch URL')]
  if (method !== 'GET') return [ok(`the answer to ${method} is kept by no cache`)]
  const cacheControl = answer.headers.get('cache-control')
  const shown = cacheControl === undefined ? 'no Cache-Control' : `Cache-Control: ${cacheControl}`
  const tokens = seen.views.flatMap((view) => view.fetchUrls[0]?.token ?? [])
  const isShared = new Set(tokens).size < tokens.length || Number(answer.headers.get('age') ?? 0) > 0
  const mayBeKept = isKeptBy('shared', answer) || isShared
  if (settings?.deleteAfterPull === false) return [ok(`${shown}; pages stay after a fetch, as deleteAfterPull says`)]
  if (isShared) return [fail(`two visits were given the same page (${shown})`, finding('page-cacheable'))]
  if (mayBeKept) return [fail(shown, finding('page-cacheable'))]
  if (isKeptBy('private', answer)) return [warn(shown, finding('page-kept-by-browsers'))]
  return [ok(`${shown}: no cache shows the page without asking`)]
}

/** Whether a cache of this kind may show the page without asking the server first. */
function isKeptBy(kind: 'shared' | 'private', { headers }: HttpAnswer): boolean {
  const directives = readDirectives(headers.get('cache-control') ?? '')
  if (directives.has('no-store') || directives.has('no-cache')) return false
  if (kind === 'shared' && directives.has('private')) return false
  const shared = kind === 'shared' ? directives.get('s-maxage') : undefined
  const seconds = shared ?? directives.get('max-age')
  if (seconds !== undefined) return Number(seconds) > 0
  const expires = Date.parse(headers.get('expires') ?? '')
  const now = Date.parse(headers.get('date') ?? '') || Date.now()
  if (!Number.isNaN(expires)) return expires > now
  return kind === 'shared' && directives.has('public')
}

function readDirectives(field: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(field.matchAll(/([\w-]+)(?:\s*=\s*"?([^\s",]*)"?)?/g), ([, name = '', value = '']) => [
      name.toLowerCase(),
      value,
    ]),
  )
}
