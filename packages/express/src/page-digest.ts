// The digest by which a crawler proves what it got: SHA-256 in base64.
import { hash, webcrypto } from 'node:crypto'
import type { PageToken } from '@facsimile/core'

/** The digest of a page that is shorter takes less than a quarter of a millisecond, and handing it over half as much. */
const LONG_PAGE_BYTES = 256 * 1024
/** When no other thread has had time for so long, it is computed here. */
const DEADLINE_MS = 500
const MOST_REMEMBERED = 1_000

type Digest = string | Promise<string>

/** The digest of a long page is computed by another thread, so that no visitor waits for it. Never rejects. */
export function digestOf(body: Buffer): Digest {
  return body.length < LONG_PAGE_BYTES ? digestHere(body) : digestElsewhere(body)
}

/** For pages that stay when they are fetched: a page does not change under its token, so its digest is computed once. */
export function createDigestMemory(): (token: PageToken, body: Buffer) => Digest {
  const known = new Map<PageToken, { readonly bytes: number; readonly digest: Digest }>()
  return (token, body) => {
    const entry = known.get(token)
    if (entry?.bytes === body.length) return entry.digest
    const digest = digestOf(body)
    const [oldest] = known.size < MOST_REMEMBERED ? [] : known.keys()
    if (oldest !== undefined) known.delete(oldest)
    known.set(token, { bytes: body.length, digest })
    return digest
  }
}

function digestHere(body: Buffer): string {
  return hash('sha256', body, 'base64')
}

function digestElsewhere(body: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const giveUp = () => resolve(digestHere(body))
    const timer = setTimeout(giveUp, DEADLINE_MS).unref()
    webcrypto.subtle
      .digest('SHA-256', body)
      .then((digest) => resolve(Buffer.from(digest).toString('base64')), giveUp)
      .finally(() => clearTimeout(timer))
  })
}
