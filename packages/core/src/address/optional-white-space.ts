// Optional white space around the parts of a header value (RFC 9110, 5.6.3).

/**
 * `text` without the spaces and tabs at its ends. `String.trim()` would also take the no-break space, and a pattern
 * such as `[ \t]+$` needs quadratic time on a long run of spaces inside.
 */
export function trimOws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start += 1
  while (end > start && isOws(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isOws(charCode: number): boolean {
  return charCode === 0x20 || charCode === 0x09
}
