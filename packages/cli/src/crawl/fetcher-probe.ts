// Asks the fetcher for no page at all, which takes nothing and tells whether it is there and lets this address in.
import { CommandFailure } from '../failure.js'
import { sendRequest, type HttpAnswer, type HttpQuestion } from './http-request.js'

export interface FetcherProbe {
  readonly url: URL
  /** `absent`: something else answered there, or nothing. */
  readonly outcome: 'refused' | 'admitted' | 'failing' | 'absent'
  readonly answer: HttpAnswer | undefined
  /** What was seen, for a sentence: `404 Not Found`, or why there is no answer. */
  readonly seen: string
}

/** The first words of the fetcher's own answers; its headers may be lost on the way. */
const OWN_SENTENCES = /^(?:This address may not fetch pages|There is no such page|The page cannot be looked up)/

/** Never rejects for what the network does: that is `absent`. */
export async function probeFetcher(
  url: URL,
  options: Omit<HttpQuestion, 'url' | 'method' | 'headers' | 'body'>,
  moreHeaders: Readonly<Record<string, string>> = {},
): Promise<FetcherProbe> {
  try {
    const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'facsimile crawler', ...moreHeaders }
    const answer = await sendRequest({ ...options, url, method: 'GET', headers })
    return { url, outcome: outcomeOf(answer), answer, seen: statusOf(answer) }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return { url, outcome: 'absent', answer: undefined, seen: error.message }
  }
}

/** Whether it is a fetcher that answered, and not an application's own page for what it does not know. */
export function isFetchersOwn({ headers, body }: HttpAnswer): boolean {
  return (
    headers.has('facsimile-page') ||
    OWN_SENTENCES.test(body.subarray(0, 80).toString('latin1')) ||
    /\bnoarchive\b/i.test(headers.get('x-robots-tag') ?? '')
  )
}

export function statusOf({ status, statusText }: HttpAnswer): string {
  return `${status} ${statusText}`.trim()
}

function outcomeOf(answer: HttpAnswer): FetcherProbe['outcome'] {
  if (!isFetchersOwn(answer)) return 'absent'
  if (answer.status === 403) return 'refused'
  return answer.status === 404 ? 'admitted' : 'failing'
}
