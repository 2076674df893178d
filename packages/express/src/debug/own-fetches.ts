// Tokens under which the debug page itself asks the fetcher: such fetches are no crawler's, so they are neither logged nor
// counted. The address guard is asked for them as for all others.
import { createPageToken, type PageToken } from '@facsimile/core'

const MAX_TOKENS = 100

export interface OwnFetches {
  /** A new token; the oldest of a hundred is forgotten. */
  createToken(): PageToken
  /** Whether the target asks for one of them. */
  has(requestUrl: string): boolean
}

export function createOwnFetches(): OwnFetches {
  const tokens = new Set<string>()
  return {
    createToken() {
      const token = createPageToken()
      const [oldest] = tokens
      if (tokens.size >= MAX_TOKENS && oldest !== undefined) tokens.delete(oldest)
      tokens.add(token)
      return token
    },
    has(requestUrl) {
      if (tokens.size === 0) return false
      const token = /[?&]t=([\w-]{32})(?:[&#]|$)/.exec(requestUrl)?.[1]
      return token !== undefined && tokens.has(token)
    },
  }
}
