// The settings in a PHP file, read without running it: assignments of plain values, and nothing else.
import { PhpRefusal, refusalOf } from './php-refusal.js'
import { readPhpTokens, type PhpToken } from './php-tokens.js'

export type PhpValue = string | number | boolean | null | PhpArray
export interface PhpArray {
  readonly entries: PhpConfig
}
interface PhpEntry {
  readonly value: PhpValue
  /** Where it was assigned, from 1. */
  readonly line: number
}
export type PhpConfig = ReadonlyMap<string, PhpEntry>

const MAX_DEPTH = 8
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])
/** What the shipped file builds its paths of: the folder of the module is `.`, as seen from the file itself. */
const PATH_PARTS: ReadonlyMap<string, string> = new Map([
  ['ClickTale_Root', '.'],
  ['__DIR__', '.'],
  ['ClickTale_DS', '/'],
  ['DIRECTORY_SEPARATOR', '/'],
])
/** The only calls, as they must be written, and what they stand for. */
const PATH_CALLS: ReadonlyMap<string, string> = new Map([
  ['sys_get_temp_dir ( )', '/tmp'],
  ['dirname ( __FILE__ )', '.'],
])

/**
 * The entries of the one array that `text` assigns, as `$config = array(…)`, `[…]` or `$config['Key'] = value`; later
 * ones replace earlier ones. Throws a PhpRefusal, with line and remedy, for whatever would have to be executed.
 */
export function readPhpConfig(text: string): PhpConfig {
  const tokens = readPhpTokens(text)
  const config = new Map<string, PhpEntry>()
  let next = 0
  let variable: string | undefined

  const sees = (sign: string, ahead = 0): boolean => {
    const token = tokens[next + ahead]
    return token?.kind === 'sign' && token.text === sign
  }
  const refuse = (): PhpRefusal => refusalOf(tokens[next], tokens[next + 1], tokens.at(-1)?.line ?? 1)

  function takeSign(sign: string): void {
    if (!sees(sign)) throw refuse()
    next += 1
  }

  function readTerm(depth: number): PhpValue {
    const token = tokens[next]
    if (depth > MAX_DEPTH) throw new PhpRefusal(token?.line ?? 1, `arrays in one another, more than ${MAX_DEPTH}`)
    if (token?.value !== undefined) {
      next += 1
      return token.value
    }
    const negated = sees('-') ? tokens[next + 1]?.value : undefined
    if (typeof negated === 'number') {
      next += 2
      return -negated
    }
    if (sees('[')) return readArray(']', depth)
    if (token?.kind !== 'name') throw refuse()
    if (!sees('(', 1)) return readConstant(token)
    if (token.text.toLowerCase() !== 'array') return readPathCall()
    next += 1
    return readArray(')', depth)
  }

  function readConstant({ text: name }: PhpToken): PhpValue {
    const value = WORDS.get(name.toLowerCase()) ?? PATH_PARTS.get(name)
    if (value === undefined && name.toLowerCase() !== 'null') throw refuse()
    next += 1
    return value ?? null
  }

  function readPathCall(): string {
    for (const length of [3, 4]) {
      const written = tokens.slice(next, next + length).map(({ text: word }) => word)
      const path = PATH_CALLS.get(written.join(' '))
      if (path === undefined) continue
      next += length
      return path
    }
    throw refuse()
  }

  /** One value, or texts and parts of paths with dots between them. */
  function readValue(depth: number): PhpValue {
    let value = readTerm(depth)
    while (sees('.')) {
      const before = next
      next += 1
      const more = readTerm(depth)
      if (typeof value !== 'string' || typeof more !== 'string') {
        next = before
        throw refuse()
      }
      value += more
    }
    return value
  }

  function readArray(close: string, depth: number): PhpArray {
    const entries = new Map<string, PhpEntry>()
    let position = 0
    next += 1
    while (!sees(close)) {
      const line = tokens[next]?.line ?? 1
      let value = readValue(depth + 1)
      const hasKey = sees('=>')
      const key = hasKey ? keyOf(value, line) : String(position++)
      if (hasKey) {
        next += 1
        value = readValue(depth + 1)
      }
      entries.set(key, { value, line })
      if (!sees(close)) takeSign(',')
    }
    next += 1
    return { entries }
  }

  function readAssignment({ text: name, line }: PhpToken): void {
    variable ??= name
    if (name !== variable) {
      throw new PhpRefusal(line, `a second variable, ${name} beside ${variable}; leave the one with the settings`)
    }
    next += 1
    if (sees('[')) {
      next += 1
      const key = keyOf(readValue(0), line)
      takeSign(']')
      takeSign('=')
      config.set(key, { value: readValue(0), line })
    } else {
      takeSign('=')
      replaceAll(readValue(0), line)
    }
    takeSign(';')
  }

  function replaceAll(value: PhpValue, line: number): void {
    if (!isPhpArray(value)) throw new PhpRefusal(line, 'a value that is no array; the settings are an array')
    config.clear()
    for (const [key, entry] of value.entries) config.set(key, entry)
  }

  while (next < tokens.length) {
    const token = tokens[next]
    if (sees(';')) next += 1
    else if (token?.kind === 'variable') readAssignment(token)
    else throw refuse()
  }
  return config
}

export function isPhpArray(value: PhpValue): value is PhpArray {
  return typeof value === 'object' && value !== null
}

function keyOf(value: PhpValue, line: number): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new PhpRefusal(line, 'a key that is neither text nor number; write it as text')
}
