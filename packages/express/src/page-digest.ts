// The digest by which a crawler proves what it got: SHA-256 in base64.
import { hash, webcrypto } from 'node:crypto'

/** The digest of a page that is shorter takes less than a quarter of a millisecond, and handing it over half as much. */
const LONG_PAGE_BYTES = 256 * 1024
/** When no other thread has had time for so long, it is computed here. */
const DEADLINE_MS = 500

/** The digest of a long page is computed by another thread, so that no visitor waits for it. Never rejects. */
export function digestOf(body: Buffer): string | Promise<string> {
  return body.length < LONG_PAGE_BYTES ? digestHere(body) : digestElsewhere(body)
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
