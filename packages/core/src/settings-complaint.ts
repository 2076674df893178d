// What is said of settings that cannot be used: for every mistake the key, the value and the remedy.
import { inspect } from 'node:util'
import type { z } from 'zod'
import { maskLocation } from './mask-location.js'
import { nearestName } from './near-miss.js'

const MAX_SHOWN_CHARS = 120
const SECRET = /pass|pwd|secret|token|key|auth|credential/i

/** The names that are known at a place in the settings. */
export type KnownKeys = (path: readonly PropertyKey[]) => readonly string[]

/** Nothing of their values is shown: a slip may have put the very secret in the wrong place. */
const SECRETS: ReadonlySet<unknown> = new Set(['encryptionKeys'])

/** One sentence of all that is wrong. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], input: unknown, knownKeys: KnownKeys): string {
  const sentence = `The settings cannot be used: ${clausesOf(issues, input, knownKeys).join('; ')}`
  return sentence.endsWith('?') ? sentence : `${sentence}.`
}

/** One clause per wrong key, in the order of `issues`. Passwords in locations and objects are masked. */
export function clausesOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  knownKeys: KnownKeys,
): readonly string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => describeUnknownKey([...issue.path, key], key, knownKeys(issue.path)))
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    )
    if (SECRETS.has(issue.path[0])) return [`\`${nameOf(issue.path)}\` cannot be used: ${issue.message}`]
    const subject = issue.path.length === 0 ? 'the argument' : `\`${nameOf(issue.path)}\``
    return [
      value === undefined
        ? `${subject} is missing: ${issue.message}`
        : `${subject} is ${show(value)}: ${issue.message}`,
    ]
  })
}

function describeUnknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): string {
  const full = `\`${nameOf(path)}\` is no setting`
  const nearest = nearestName(key, known)
  if (nearest === undefined) return `${full} (there are ${known.join(', ')})`
  return `${full}: did you mean \`${nameOf([...path.slice(0, -1), nearest])}\`?`
}

/** The path as one writes it in code: `snippets[0].placement`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

/** The value on one line, cut to a readable length. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(maskLocation(value)) : showOther(value)
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS - 1)}…` : text
}

function showOther(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return inspect(maskParts(value), { depth: 0, breakLength: Infinity, customInspect: false, maxArrayLength: 5 })
}

function maskParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (typeof item === 'string' ? maskLocation(item) : item))
  return isPlainObject(value) ? Object.fromEntries(Object.entries(value).map(maskEntry)) : value
}

function maskEntry([key, value]: [string, unknown]): [string, unknown] {
  if (SECRET.test(key)) return [key, '***']
  return [key, typeof value === 'string' ? maskLocation(value) : value]
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
