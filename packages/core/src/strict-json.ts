// Strict JSON (RFC 8259) that tells where it is broken, and refuses keys that would mean more than a name to JavaScript.
import { FacsimileError } from './errors.js'

/** Deeper than any file of settings or list of addresses, and far from the end of the call stack. */
const MAX_DEPTH = 64
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const WHITE_SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** What is wrong, in words that follow "line 1, column 1:", and where it begins. */
class Fault extends Error {
  readonly offset: number
  constructor(offset: number, problem: string) {
    super(problem)
    this.offset = offset
  }
}

/**
 * The value that `text` holds; a byte order mark before it counts for nothing. `name` is the file, or whatever the text
 * came from. Throws `SETTINGS_INVALID` with line and column (from 1) for everything that is no JSON, for a key that is
 * given twice in one object and for the keys `__proto__`, `constructor` and `prototype`. Of values no error shows more
 * than one character: they may be secret.
 */
export function readJsonText(text: string, name: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    scan(json)
    return JSON.parse(json)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `${JSON.stringify(name)}, ${placeOf(json, error.offset)}: ${error.message}.`,
    )
  }
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`
}

/** Walks through all of `text` and throws a Fault at the first place that is wrong. */
function scan(text: string): void {
  let at = 0

  /** The end of what `pattern` matches here; the same place when it does not. */
  function endOf(pattern: RegExp): number {
    pattern.lastIndex = at
    return pattern.test(text) ? pattern.lastIndex : at
  }

  function skipWhiteSpace(): void {
    at = endOf(WHITE_SPACE)
  }

  function found(): string {
    const character = text.codePointAt(at)
    return character === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(character))
  }

  function expected(what: string): Fault {
    const isComment = /^\/[/*]/.test(text.slice(at, at + 2))
    return new Fault(
      at,
      isComment ? 'a comment stands here, which JSON does not have' : `${found()} stands where ${what} should`,
    )
  }

  function skipString(): void {
    const start = at
    for (at += 1; text[at] !== '"';) {
      if (at >= text.length) throw new Fault(start, 'a text begins here and does not end')
      if (text.charCodeAt(at) < 0x20) throw new Fault(at, 'a text holds a control character or line break; write \\n')
      const end = text[at] === '\\' ? endOf(ESCAPE) : at + 1
      if (end === at) throw new Fault(at, 'a text holds a backslash that escapes nothing; write two')
      at = end
    }
    at += 1
  }

  function readKey(path: string, known: Set<string>): string {
    if (text[at] !== '"') throw expected('a key in double quotes')
    const start = at
    skipString()
    const key = JSON.parse(text.slice(start, at)) as string
    const full = path === '' ? key : `${path}.${key}`
    if (FORBIDDEN_KEYS.has(key)) throw new Fault(start, `\`${full}\` is a key that is never taken; leave it out`)
    if (known.has(key)) throw new Fault(start, `\`${full}\` is given twice; keep one of them`)
    known.add(key)
    return full
  }

  /** What stands between brackets, with commas between; `skipItem` is given the number of the item. */
  function skipItems(close: string, skipItem: (index: number) => void): void {
    at += 1
    skipWhiteSpace()
    if (text[at] !== close) {
      for (let index = 0; ; index += 1) {
        skipItem(index)
        skipWhiteSpace()
        if (text[at] !== ',') break
        at += 1
        skipWhiteSpace()
        if (text[at] === close) throw new Fault(at, `a comma stands before ${JSON.stringify(close)}; take it away`)
      }
    }
    if (text[at] !== close) throw expected(`a comma or ${JSON.stringify(close)}`)
    at += 1
  }

  function skipMember(path: string, known: Set<string>, depth: number): void {
    const full = readKey(path, known)
    skipWhiteSpace()
    if (text[at] !== ':') throw expected('a colon')
    at += 1
    skipWhiteSpace()
    skipValue(full, depth)
  }

  function skipValue(path: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new Fault(at, `more than ${MAX_DEPTH} objects and lists stand in one another`)
    if (text[at] === '"') return skipString()
    if (text[at] === '{') {
      const known = new Set<string>()
      return skipItems('}', () => skipMember(path, known, depth + 1))
    }
    if (text[at] === '[') return skipItems(']', (index) => skipValue(`${path}[${index}]`, depth + 1))
    const end = Math.max(endOf(NUMBER), endOf(WORD))
    if (end === at) throw expected('a value')
    at = end
  }

  skipWhiteSpace()
  skipValue('', 0)
  skipWhiteSpace()
  if (at < text.length) throw expected('the end')
}
