// Path patterns of the settings `include`, `exclude` and `when`, compiled once to a predicate.

export type PathPredicate = (path: string) => boolean

/**
 * True for a path that at least one pattern matches. `*` stands for any characters but `/`, `**` for any characters;
 * a trailing `/**` also matches the folder itself. Case and a trailing `/` make no difference, as in Express, so that
 * an excluded page cannot be reached by another spelling. Time is bounded by the square of the path's length.
 */
export function compileGlobs(patterns: readonly string[]): PathPredicate {
  const normalized = patterns.map(normalize)
  const folders = normalized.filter((pattern) => pattern.endsWith('/**')).map((pattern) => pattern.slice(0, -3))
  const all = [...normalized, ...folders]
  return (path) => {
    const candidate = normalize(path)
    return all.some((pattern) => matches(pattern, candidate))
  }
}

function normalize(path: string): string {
  const lower = path.toLowerCase()
  return lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower
}

/** Greedy with two points of return: the last `*`, which may not cross a `/`, and the last `**`, which may. */
function matches(pattern: string, path: string): boolean {
  let p = 0
  let at = 0
  let star: { p: number; at: number } | undefined
  let deepStar: { p: number; at: number } | undefined
  while (at < path.length || p < pattern.length) {
    if (pattern.startsWith('**', p)) {
      p += 2
      deepStar = { p, at }
      star = undefined
    } else if (pattern[p] === '*') {
      p++
      star = { p, at }
    } else if (at < path.length && pattern[p] === path[at]) {
      p++
      at++
    } else if (star !== undefined && star.at < path.length && path[star.at] !== '/') {
      star.at++
      p = star.p
      at = star.at
    } else if (deepStar !== undefined && deepStar.at < path.length) {
      deepStar.at++
      star = undefined
      p = deepStar.p
      at = deepStar.at
    } else return false
  }
  return true
}
