// The live round trip: a random page goes through the real page store, to be fetched by the viewer's own browser.
import { randomBytes } from 'node:crypto'
import { createFetchUrlBuilder, toError, WORDS, type PageToken, type Settings } from '@facsimile/core'
import type { PageStores } from '../page-stores.js'
import { html } from './html.js'

/** So long a page waits that its viewer does not fetch: whoever tries again and again fills no store with them. */
const MAX_LIFE_SECONDS = 60

export type RoundTrip =
  | {
      /** On this site, for a script. */
      readonly path: string
      /** As pages carry it, for a link. */
      readonly url: string
      /** What the page says. */
      readonly text: string
      readonly storedMs: number
    }
  | { readonly failure: string }

/** Never rejects: a store that fails is an answer too. */
export async function startRoundTrip(
  settings: Settings,
  token: PageToken,
  stores: PageStores,
  now: () => number,
): Promise<RoundTrip> {
  const text = `Round trip ${randomBytes(8).toString('hex')}`
  const startedAt = performance.now()
  const capturedAt = now()
  const facts = {
    url: `${settings.debugPath}/round-trip`,
    method: 'GET',
    status: 200,
    contentType: 'text/html; charset=utf-8',
    capturedAt,
    expiresAt: capturedAt + Math.min(settings.maxCachedSeconds, MAX_LIFE_SECONDS) * 1000,
  }
  try {
    const isStored = await stores.tryOut(token, facts, Buffer.from(pageOf(text)))
    if (!isStored) return { failure: 'Nothing is stored: `disableCache` is set.' }
  } catch (error) {
    return { failure: toError(error).message }
  }
  const loss = stores.lossOf(token)
  if (loss !== undefined) return { failure: `${loss}: ${WORDS['not stored'][loss].join(' ')}` }
  const path = `${settings.fetchPath}?t=${token}`
  const url = createFetchUrlBuilder({ ...settings, stickyCookies: [] })(token, undefined)
  return { path, url, text, storedMs: performance.now() - startedAt }
}

function pageOf(text: string): string {
  return html`<!doctype html>
    <html lang="en">
      <title>${text}</title>
      <body>
        <h1>${text}</h1>
      </body>
    </html>`.toString()
}
