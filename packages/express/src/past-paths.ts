// Fetch paths of earlier settings: pages that left with them are still asked for there until they expire.
import { hasPath } from './http-types.js'

export interface PastPaths {
  /** `path` is answered for `lifeMs` more, or for as long as was said of it before. */
  add(path: string, lifeMs: number): void
  /** Whether the target has such a path. */
  has(requestUrl: string): boolean
}

export function createPastPaths(): PastPaths {
  /** Until when, by a clock that only moves forward. */
  const paths = new Map<string, number>()
  return {
    add(path, lifeMs) {
      paths.set(path, Math.max(paths.get(path) ?? 0, performance.now() + lifeMs))
    },
    has(requestUrl) {
      if (paths.size === 0) return false
      const now = performance.now()
      for (const [path, until] of paths) {
        if (until < now) paths.delete(path)
        else if (hasPath(requestUrl, path)) return true
      }
      return false
    },
  }
}
