// An answer of the shop as text, in its own charset.
import type { Fetched, FetchResult } from './crawler.js'

export function isFetched(result: FetchResult): result is Fetched {
  return 'status' in result
}

/** A charset that nobody knows is read as UTF-8; bytes that make no sense become U+FFFD. */
export function textOf({ body, contentType }: Fetched): string {
  const charset = /charset="?([^\s";]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // TextDecoder throws for one reason: it does not know the charset.
    return body.toString('utf8')
  }
}
