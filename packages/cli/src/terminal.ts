// Text for a terminal: colours where they are wanted, and nothing that a page or a file could smuggle in.
import { styleText } from 'node:util'
import type { Io } from './io.js'

/** `styleText` asks the process's own output otherwise, which need not be ours. */
const DECIDED = { validateStream: false }

export interface Styles {
  readonly title: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warning: (text: string) => string
  readonly faint: (text: string) => string
}

/** Whether standard output shows colours: it is a terminal that has them, and NO_COLOR is unset or empty. */
export function showsColours(io: Io): boolean {
  return io.stdout.isTTY === true && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb'
}

export function createStyles(io: Io): Styles {
  const coloured = showsColours(io)
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    coloured ? styleText(format, text, DECIDED) : text
  return {
    title: style('bold'),
    good: style('green'),
    bad: style('red'),
    warning: style('yellow'),
    faint: style('dim'),
  }
}

/** `text` with every control, format and unassigned character written as an escape, so that a terminal obeys none. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, escapeCharacter)
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return SHORT_ESCAPES[character] ?? (code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
}

/** `12345` as `12 345`, and the word in the right number: `1 byte`, `2 bytes`. */
export function count(amount: number, word: string, plural = `${word}s`): string {
  const digits = String(amount).replace(/\B(?=(\d{3})+$)/g, ' ')
  return `${digits} ${amount === 1 ? word : plural}`
}
