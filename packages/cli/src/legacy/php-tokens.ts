// The words of a PHP file that holds nothing but values: what is written between <?php and ?>, comments left out.
import { PhpRefusal } from './php-refusal.js'

export interface PhpToken {
  readonly kind: 'variable' | 'name' | 'sign' | 'value'
  /** As it stands in the file. */
  readonly text: string
  /** What a number or text means. */
  readonly value?: string | number
  /** From 1. */
  readonly line: number
}

const OPENING = /\s*(?:<\?php(?=\s|$)|$)/iy
const SPACE = /\s+/y
/** Up to the end of the line, or to the ?> that ends PHP even there. `#[` begins an attribute, which is code. */
const LINE_COMMENT = /(?:\/\/|#(?!\[))(?:(?!\?>)[^\r\n])*/y
const BLOCK_COMMENT = /\/\*[^]*?\*\//y
const CLOSING = /\?>/y
const VARIABLE = /\$[A-Za-z_]\w*/y
const NAME = /\\?[A-Za-z_]\w*(?:\\\w+)*/y
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const SINGLE_QUOTED = /'(?:[^'\\]|\\[^])*'/y
const DOUBLE_QUOTED = /"(?:[^"\\]|\\[^])*"/y
/** `<<<'END'` … `END`; the text may be indented as its last line is. */
const HEREDOC = /<<<[ \t]*(["']?)([A-Za-z_]\w*)\1\r?\n(?:([^]*?)\r?\n)??([ \t]*)\2\b/y
const SIGN = /=>|[^]/y
const UNENDED = /'|"|\/\*|<<</y

const INTERPOLATION = /\$(?:[A-Za-z_]|\{)|\{\$/
const ESCAPE = /\\(?:u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([nrtvef\\$"]))/g
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', e: '\x1b', f: '\f' }

/** All tokens of `text`; a ?> counts as a semicolon. Throws a PhpRefusal for text outside of PHP and for what does not end. */
export function readPhpTokens(text: string): readonly PhpToken[] {
  const tokens: PhpToken[] = []
  let at = 0
  let line = 1

  /** What `pattern` matches here; goes behind it. */
  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    at = pattern.lastIndex
    line += match[0].split('\n').length - 1
    return match
  }

  function open(): void {
    if (take(OPENING)) return
    take(SPACE)
    throw new PhpRefusal(line, 'text outside of <?php … ?>; take it away')
  }

  function readToken(): Omit<PhpToken, 'line'> {
    const start = line
    const [variable] = take(VARIABLE) ?? []
    if (variable !== undefined) return { kind: 'variable', text: variable }
    const [name] = take(NAME) ?? []
    if (name !== undefined) return { kind: 'name', text: name }
    const [digits] = take(NUMBER) ?? []
    if (digits !== undefined) return { kind: 'value', text: digits, value: readNumber(digits) }
    const value = readText(take, start)
    if (value !== undefined) return { kind: 'value', text: '', value }
    if (take(UNENDED)) throw new PhpRefusal(start, 'a text or comment that does not end; close it')
    return { kind: 'sign', text: take(SIGN)?.[0] ?? '' }
  }

  open()
  while (at < text.length) {
    if (take(SPACE) ?? take(LINE_COMMENT) ?? take(BLOCK_COMMENT)) continue
    const start = line
    if (take(CLOSING)) {
      tokens.push({ kind: 'sign', text: ';', line: start })
      open()
    } else tokens.push({ ...readToken(), line: start })
  }
  return tokens
}

/** A text between quotes or in a heredoc, as PHP means it; `undefined` when there is none here. */
function readText(take: (pattern: RegExp) => RegExpExecArray | undefined, line: number): string | undefined {
  const [single] = take(SINGLE_QUOTED) ?? []
  if (single !== undefined) return single.slice(1, -1).replace(/\\([\\'])/g, '$1')
  const [double] = take(DOUBLE_QUOTED) ?? []
  if (double !== undefined) return readEscapes(double.slice(1, -1), line)
  const heredoc = take(HEREDOC)
  if (heredoc === undefined) return undefined
  const [, quote, , body = '', indent = ''] = heredoc
  const unindented = indent === '' ? body : body.replace(new RegExp(`^${indent}`, 'gm'), '')
  // There a quote needs no backslash, and has it kept.
  return quote === "'" ? unindented : readEscapes(unindented.replaceAll('\\"', '\\\\"'), line)
}

function readNumber(digits: string): number {
  // 010 is eight in PHP.
  return /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits)
}

function readEscapes(text: string, line: number): string {
  if (INTERPOLATION.test(text.replace(/\\[^]/g, ''))) {
    throw new PhpRefusal(line, 'a variable within a text, which only PHP could fill in; write the whole text')
  }
  return text.replace(ESCAPE, (whole: string, unicode?: string, hex?: string, octal?: string, sign: string = '') => {
    const code = unicode ?? hex ?? octal
    if (code === undefined) return ESCAPED[sign] ?? sign
    const point = parseInt(code, code === octal ? 8 : 16)
    if (point > 0x10ffff || (unicode === undefined && point > 0x7f)) {
      throw new PhpRefusal(line, `${whole} in a text; write the character itself, in UTF-8`)
    }
    return String.fromCodePoint(point)
  })
}
