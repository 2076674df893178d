// Settings that are given as variables of the environment: FACSIMILE_MAX_CACHED_SECONDS=30.
import { FacsimileError, maskLocation, nearestName, readJsonText } from '@facsimile/core'
import { DEFAULTS, KNOWN_VARIABLES, VARIABLE_PREFIX, type KnownVariable, type TextForm } from './schema.js'

export type Written = Readonly<Record<string, unknown>>

/** One variable that is set, with its text read into the value that it means. */
export interface SetVariable extends KnownVariable {
  readonly value: unknown
}

export interface Variables {
  readonly set: readonly SetVariable[]
  /** A sentence for each variable that cannot be used; it names the variable. */
  readonly problems: readonly string[]
}

/** Names the settings file. */
export const FILE_VARIABLE = `${VARIABLE_PREFIX}CONFIG`

const NUMBER = /^-?\d{1,16}(?:\.\d{1,16})?$/
const MAX_SHOWN_CHARS = 60

/** All variables that begin with FACSIMILE_, but for the one that names the file. */
export function readVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  const set: SetVariable[] = []
  const problems: string[] = []
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(VARIABLE_PREFIX) || name === FILE_VARIABLE) continue
    const known = KNOWN_VARIABLES.find((variable) => variable.name === name)
    const outcome = known === undefined ? { problem: describeUnknown(name) } : readText(known, text)
    if ('problem' in outcome) problems.push(outcome.problem)
    else if (known !== undefined) set.push({ ...known, value: outcome.value })
  }
  return { set, problems }
}

/** `written` with what the variables say put over it; parts of a setting go over the whole of it. */
export function putVariables(written: Written, variables: readonly SetVariable[]): Written {
  const merged: Record<string, unknown> = { ...written }
  for (const { setting, part, value } of [...variables].sort(
    (a, b) => Number(a.part !== undefined) - Number(b.part !== undefined),
  )) {
    merged[setting] =
      part === undefined ? value : { ...objectOf(merged[setting] ?? DEFAULTS.get(setting)), [part]: value }
  }
  return merged
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

type Outcome = { readonly value: unknown } | { readonly problem: string }

function readText({ name, setting, form }: KnownVariable, text: string): Outcome {
  if (text === '' && form !== 'list') return { problem: `${name} is empty: give it a value, or unset it` }
  const shown = setting === 'encryptionKeys' ? '' : ` is ${JSON.stringify(maskLocation(cut(text)))}`
  try {
    return READERS[form](text, name)
  } catch (error) {
    if (error instanceof FacsimileError) return { problem: error.message.replace(/\.$/, '') }
    if (error instanceof Misread) return { problem: `${name}${shown}: ${error.message}` }
    throw error
  }
}

/** What to write instead. */
class Misread extends Error {}

const READERS: Readonly<Record<TextForm, (text: string, name: string) => { value: unknown }>> = {
  switch(text) {
    if (text !== 'true' && text !== 'false') throw new Misread('write true or false')
    return { value: text === 'true' }
  },
  number(text) {
    if (!NUMBER.test(text)) throw new Misread('write a number in digits')
    return { value: Number(text) }
  },
  text: (text) => ({ value: text }),
  list(text, name) {
    if (text.trimStart().startsWith('[')) return { value: readJsonText(text, name) }
    if (text.trim() === '') return { value: [] }
    const items = text.split(',').map((item) => item.trim())
    if (items.includes('')) throw new Misread('write the entries with one comma between each two')
    return { value: items }
  },
  json: (text, name) => ({ value: readJsonText(text, name) }),
  offOrText: (text) => ({ value: text === 'false' ? false : text }),
  offOrJson: (text, name) => ({ value: text === 'false' ? false : readJsonText(text, name) }),
}

function describeUnknown(name: string): string {
  if (name === `${VARIABLE_PREFIX}LOGGER`)
    return `${name} cannot be used: a logger is an object, and given in code alone`
  const nearest = nearestName(name, [...KNOWN_VARIABLES.map((variable) => variable.name), FILE_VARIABLE])
  return `${name} sets nothing${nearest === undefined ? ': unset it' : `: did you mean ${nearest}?`}`
}

function cut(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}
