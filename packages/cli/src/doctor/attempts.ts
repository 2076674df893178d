// Requests that may fail without ending the examination, and the patience that a stored page takes.
import { setTimeout as pause } from 'node:timers/promises'
import type { FetchUrl } from '../crawl/fetch-url.js'
import type { HttpAnswer } from '../crawl/http-request.js'
import { askForCopy, type CrawlOptions } from '../crawl/stored-copy.js'
import { CommandFailure } from '../failure.js'
import type { Attempt } from './observations.js'

/** A copy that is on its way to a store is known to its own server only; so others are asked again. */
export const FETCH_TRIES = 4
export const PAUSE_MS = 250

/** What the fetch URL answered, each time it was asked, until it gave the page or had been asked `tries` times. */
export async function fetchUntilGiven(
  fetchUrl: FetchUrl,
  options: CrawlOptions,
  tries = FETCH_TRIES,
): Promise<readonly Attempt[]> {
  const fetches: Attempt[] = []
  for (;;) {
    const fetched = await attemptAnswer(() => askForCopy(fetchUrl, options))
    fetches.push(fetched)
    const mayComeYet = 'answer' in fetched && (fetched.answer.status === 404 || fetched.answer.status === 503)
    if (!mayComeYet || fetches.length >= tries) return fetches
    await pause(PAUSE_MS)
  }
}

/** What `get` gives, or the sentence that says why it failed. */
export async function attempt<T>(get: () => Promise<T>): Promise<T | { readonly problem: string }> {
  try {
    return await get()
  } catch (error) {
    // What is wrong with the command line is wrong with all of it.
    if (!(error instanceof CommandFailure) || error.exitCode === 2) throw error
    return { problem: error.message }
  }
}

export async function attemptAnswer(get: () => Promise<HttpAnswer>): Promise<Attempt> {
  return attempt(async () => ({ answer: await get() }))
}
