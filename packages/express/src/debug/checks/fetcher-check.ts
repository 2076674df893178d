// Asks the fetcher for a page that nobody stored, at the URL that pages carry.
import { createFetchUrlBuilder, toError, type PageToken, type Settings } from '@facsimile/core'
import type { Request } from '../../http-types.js'
import type { QuietRequest } from '../quiet-request.js'
import { fine, found, type Verdict } from '../verdict.js'

const DEADLINE_MS = 2_000
/** What it may answer for a page that nobody stored, and what that says. */
const ANSWERS: Readonly<Record<number, string>> = {
  403: ': it is there, and refuses the address of this server',
  404: ', as for every page that is not there',
  503: ': it is there, and cannot tell, because the store does not',
}

type Headers = Readonly<Record<string, string>>

/** Never rejects. `token` is a new one. */
export async function checkFetcher(
  viewer: Request,
  settings: Settings,
  token: PageToken,
  ask: QuietRequest,
): Promise<readonly Verdict[]> {
  if (settings.disableCache) return []
  const url = createFetchUrlBuilder({ ...settings, stickyCookies: [] })(token, undefined)
  const shown = url.replaceAll(token, '…')
  try {
    const { status, headers } = await (settings.fetchUrl === undefined ? ask(viewer, url) : askThere(url))
    return [judge(status, headers, shown)]
  } catch (error) {
    return [found('fault', 'fetcher-unreachable', `${shown}: ${reasonOf(error).replaceAll(token, '…')}`)]
  }
}

function judge(status: number, headers: Headers, shown: string): Verdict {
  const meaning = ANSWERS[status]
  const seen = `${shown} answered ${status}${meaning ?? ''}.`
  const isOurs = headers['cache-control'] === 'no-store' && headers['x-content-type-options'] === 'nosniff'
  if (meaning === undefined || !isOurs) return found('fault', 'fetcher-unreachable', seen)
  if (!/\bnoindex\b/i.test(headers['x-robots-tag'] ?? '')) return found('warning', 'robots-tag-missing', seen)
  return fine('The fetcher answers at the fetch URL.', seen)
}

async function askThere(url: string): Promise<{ status: number; headers: Headers }> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) })
  await response.body?.cancel()
  return { status: response.status, headers: Object.fromEntries(response.headers) }
}

/** fetch() says the same sentence for all that can happen, and has the rest in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = toError(error)
  if (!(cause instanceof Error)) return message
  return cause.message === '' ? String(Reflect.get(cause, 'code') ?? message) : cause.message
}
