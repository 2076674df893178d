// What a PHP file of settings may not have, called by its name.
import type { PhpToken } from './php-tokens.js'

/** `message` continues "line 12 has", and says what to write instead. */
export class PhpRefusal extends Error {
  readonly line: number
  constructor(line: number, problem: string) {
    super(problem)
    this.line = line
  }
}

const REMEDY = 'nothing is executed here, so write the value itself'
const SIGNS: Readonly<Record<string, string>> = {
  '`': 'a backtick, which runs a command',
  '.': 'a concatenation',
}
const STATEMENTS: ReadonlySet<string> = new Set([
  'include', 'include_once', 'require', 'require_once', 'eval', 'exit', 'die', 'echo', 'print', 'return', 'if', 'else',
  'while', 'for', 'foreach', 'switch', 'function', 'fn', 'class', 'new', 'use', 'namespace', 'global', 'static', 'const',
  'unset', 'list', 'goto', 'try', 'throw', 'declare', 'abstract', 'final', 'interface', 'trait', 'match', 'yield',
]) // prettier-ignore

/** The refusal of `token`, which stands where a value or the end of an assignment should. */
export function refusalOf(token: PhpToken | undefined, following: PhpToken | undefined, lastLine: number): PhpRefusal {
  if (token === undefined) return new PhpRefusal(lastLine, 'an assignment that does not end; close it with ;')
  return new PhpRefusal(token.line, `${nameOf(token, following)}; ${REMEDY}`)
}

function nameOf({ kind, text }: PhpToken, following: PhpToken | undefined): string {
  if (kind === 'value') return 'a value in a wrong place'
  if (kind === 'variable') return `the variable ${text}`
  if (kind === 'sign') return SIGNS[text] ?? `the sign ${text}`
  if (STATEMENTS.has(text.toLowerCase())) return `the statement ${text}`
  return following?.text === '(' ? `a call of ${text}()` : `the constant ${text}`
}
