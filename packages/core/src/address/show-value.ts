// How an error message shows the value that it complains about.
import { inspect } from 'node:util'

const MAX_SHOWN_CHARS = 200

/** `value` on one line, strings in JSON's quotes and escapes, cut where it gets long. */
export function showValue(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 0, breakLength: Infinity, compact: true })
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}
