// Puts one member into a JSON object and leaves every other byte of its text as it was.

/**
 * `text` with `value` under `key` in its outermost object: in place of the old value, or else as the first member. The
 * text must be valid JSON with an object in it.
 */
export function putJsonMember(text: string, key: string, value: unknown): string {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
  const written = JSON.stringify(value, undefined, indent).replaceAll('\n', `\n${indent}`)
  const old = findMember(text, key)
  if (old !== undefined) return text.slice(0, old.start) + written + text.slice(old.end)
  const inside = text.indexOf('{') + 1
  const isEmpty = /^\s*\}/.test(text.slice(inside))
  const member = `\n${indent}${JSON.stringify(key)}: ${written}`
  return isEmpty
    ? `${text.slice(0, inside)}${member}\n${text.slice(inside).trimStart()}`
    : `${text.slice(0, inside)}${member},${text.slice(inside)}`
}

/** Where the value of `key` begins and ends. Strings are stepped over, and brackets counted. */
function findMember(text: string, key: string): { start: number; end: number } | undefined {
  const PIECE = /"(?:[^"\\]|\\[^])*"|[{}[\],:]/g
  let depth = 0
  let name: string | undefined
  let start: number | undefined
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    if (start !== undefined && depth === 1 && (piece === ',' || piece === '}'))
      return { start, end: start + text.slice(start, index).trimEnd().length }
    if (piece === '{' || piece === '[') depth += 1
    else if (piece === '}' || piece === ']') depth -= 1
    else if (depth === 1 && piece.startsWith('"') && start === undefined) name = JSON.parse(piece) as string
    else if (depth === 1 && piece === ':' && name === key) {
      const after = index + 1
      start = after + text.slice(after).search(/\S/)
    }
  }
  return undefined
}
