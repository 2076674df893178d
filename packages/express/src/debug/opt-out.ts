// Sets the opt-out cookie of the viewer's own browser, to try both sides of it.
import type { Settings } from '@facsimile/core'
import type { Request } from '../http-types.js'
import type { Answer } from '../own-answer.js'
import { said } from './answers.js'
import { cameByHttps } from './checks/viewer-checks.js'

const LIFE_SECONDS = 24 * 60 * 60

/** `query` holds the value; a few can be set and no others, so that nobody puts one of his own into the header. */
export function setOptOut(req: Request, query: string, { optOutCookie, debugPath }: Settings): Answer {
  const value = new URLSearchParams(query).get('value')
  if (optOutCookie === false) return said(404, 'There is no opt-out cookie: `optOutCookie` is false.')
  if (value !== optOutCookie.value && value !== '0' && value !== '1') {
    return said(400, 'The value must be 0, 1 or the one of `optOutCookie`.')
  }
  const secure = cameByHttps(req) ? '; Secure' : ''
  const cookie = `${optOutCookie.name}=${value}; Path=/; Max-Age=${LIFE_SECONDS}; SameSite=Lax${secure}`
  return said(303, 'Done.', { Location: `${debugPath}#you`, 'Set-Cookie': cookie })
}
