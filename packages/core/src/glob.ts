// Path patterns of the settings `include`, `exclude` and `when`, compiled once to a predicate.

export type PathPredicate = (path: string) => boolean

const ONE_FOLDER = Symbol('*')
const ANY_FOLDERS = Symbol('**')
/** One UTF-16 unit of a path, or a wildcard. */
type Step = string | typeof ONE_FOLDER | typeof ANY_FOLDERS

/**
 * True for a path that at least one pattern matches. `*` stands for any characters but `/`, `**` for any characters;
 * a trailing `/**` also matches the folder itself. Case and a trailing `/` make no difference, as in Express, so that
 * an excluded page cannot be reached by another spelling. Letters beyond ASCII in a pattern stand for their percent
 * encoding, as requests carry them. Time is bounded by the length of the path times that of the pattern.
 */
export function compileGlobs(patterns: readonly string[]): PathPredicate {
  const normalized = patterns.map((pattern) => normalize(encodeBeyondAscii(pattern)))
  if (normalized.includes('**')) return () => true
  const folders = normalized.filter((pattern) => pattern.endsWith('/**')).map((pattern) => pattern.slice(0, -3))
  const compiled = [...normalized, ...folders].map(compilePattern)
  return (path) => {
    const candidate = normalize(path)
    return compiled.some((steps) => matches(steps, candidate))
  }
}

function normalize(path: string): string {
  const lower = path.toLowerCase()
  return lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower
}

function encodeBeyondAscii(pattern: string): string {
  return pattern.replace(/[^\0-\x7f]+/g, (text) =>
    Buffer.from(text)
      .toString('hex')
      .replace(/../g, (byte) => `%${byte}`),
  )
}

function compilePattern(pattern: string): readonly Step[] {
  return (pattern.match(/\*\*|[\s\S]/g) ?? []).map((text) =>
    text === '**' ? ANY_FOLDERS : text === '*' ? ONE_FOLDER : text,
  )
}

/** Walks all ways through the pattern at once: `open` holds the steps, in order, that may take the next character. */
function matches(steps: readonly Step[], path: string): boolean {
  let open: number[] = []
  enter(steps, 0, open)
  for (const character of path) {
    const next: number[] = []
    for (const at of open) {
      const step = steps[at]
      if (step === ANY_FOLDERS || (step === ONE_FOLDER && character !== '/')) enter(steps, at, next)
      else if (step === character) enter(steps, at + 1, next)
    }
    if (next.length === 0) return false
    open = next
  }
  return open.at(-1) === steps.length
}

/** Adds a step and, since a wildcard may stand for nothing, what follows it; `open` stays in order and without doubles. */
function enter(steps: readonly Step[], from: number, open: number[]): void {
  for (let at = from; ; at++) {
    if (at > (open.at(-1) ?? -1)) open.push(at)
    if (typeof steps[at] !== 'symbol') return
  }
}
