// Where the settings of one Facsimile come from: code, a file, or both, each setting from one of them.
import { readFileSync, statSync, type Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { types } from 'node:util'
import {
  FacsimileError,
  readSettingsText,
  resolveSettings,
  type FacsimileSettings,
  type Settings,
} from '@facsimile/core'

const MAX_FILE_BYTES = 1024 * 1024
const READ_DEADLINE_MS = 5_000

/** The settings of a Facsimile, some of which may stand in a file that is watched. */
export interface LiveFacsimileSettings extends FacsimileSettings {
  /**
   * A JSON file with settings, relative to the working folder. It is watched: changes come into force whole, between two
   * requests; a file that cannot be used leaves the last good settings in force.
   */
  readonly settingsFile?: string | undefined
}

export interface SettingsSource {
  /** The absolute path of the file, if there is one. */
  readonly file: string | undefined
  /** What was read first; its settings are in force from the start. */
  readonly first: Settings
  /** The text of the file that `first` was read from. */
  readonly firstText: string
  /** The text that is in the file now. Rejects with `SETTINGS_INVALID` when it cannot be read. */
  readText(): Promise<string>
  /** The settings in `text` and in code. Throws `SETTINGS_INVALID` or `ADDRESS_INVALID`. */
  parse(text: string): Settings
}

/** Throws as resolveSettings() does; for a file that cannot be read as well. */
export function openSettings(input: LiveFacsimileSettings): SettingsSource {
  const isObject = typeof input === 'object' && (input as unknown) !== null && !Array.isArray(input)
  const { settingsFile, ...inCode } = isObject ? input : {}
  if (settingsFile === undefined) {
    // What is no object is refused like any other mistake.
    const first = resolveSettings(isObject ? inCode : input)
    return { file: undefined, first, firstText: '', readText: () => Promise.resolve(''), parse: () => first }
  }
  const file = checkName(settingsFile)
  const parse = (text: string) =>
    withName(settingsFile, () => resolveSettings(join(inCode, readSettingsText(text, settingsFile), settingsFile)))
  const firstText = readNow(file, settingsFile)
  return {
    file,
    first: parse(firstText),
    firstText,
    parse,
    async readText() {
      try {
        checkFile(await stat(file), settingsFile)
        return decode(await readFile(file, { signal: AbortSignal.timeout(READ_DEADLINE_MS) }), settingsFile)
      } catch (cause) {
        throw unreadable(settingsFile, cause)
      }
    },
  }
}

function checkName(settingsFile: unknown): string {
  if (typeof settingsFile === 'string' && /\.json$/i.test(settingsFile)) return resolve(settingsFile)
  throw new FacsimileError(
    'SETTINGS_INVALID',
    `The settings cannot be used: \`settingsFile\` is ${JSON.stringify(settingsFile)}: write the name of a .json file; settings in JavaScript are given to createFacsimile() itself.`,
  )
}

function join(inCode: object, inFile: Record<string, unknown>, name: string): unknown {
  const twice = Object.keys(inFile).filter((key) => Object.hasOwn(inCode, key))
  if (twice.length === 0) return { ...inCode, ...inFile }
  throw new FacsimileError(
    'SETTINGS_INVALID',
    `The settings cannot be used: \`${twice.join('`, `')}\` stand${twice.length === 1 ? 's' : ''} both in ${JSON.stringify(name)} and in code: leave each setting in one of them.`,
  )
}

function readNow(file: string, name: string): string {
  try {
    checkFile(statSync(file), name)
    return decode(readFileSync(file), name)
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

/** Before it is opened: a pipe or a device may never end. */
function checkFile(stats: Stats, name: string): void {
  if (!stats.isFile()) throw unusable(name, 'it is no plain file', 'Name a file that holds JSON.')
  if (stats.size <= MAX_FILE_BYTES) return
  throw unusable(name, `it has ${stats.size} bytes`, `Write at most ${MAX_FILE_BYTES}.`)
}

/** Strictly, because what is no UTF-8 would go into every page as question marks. */
function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw unusable(name, 'it is not UTF-8', 'Save it in that encoding.', cause)
  }
}

/** The errors of settings, with the name of the file in front. */
function withName(name: string, read: () => Settings): Settings {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof FacsimileError) || cause.message.includes(JSON.stringify(name))) throw cause
    throw new FacsimileError(cause.code, `${JSON.stringify(name)}: ${cause.message}`, { cause })
  }
}

function unreadable(name: string, cause: unknown): FacsimileError {
  if (cause instanceof FacsimileError) return cause
  const reason = types.isNativeError(cause) ? cause.message : String(cause)
  return unusable(name, reason, 'See that it is there, and that this process may read it.', cause)
}

function unusable(name: string, problem: string, remedy: string, cause?: unknown): FacsimileError {
  const sentence = `The settings file ${JSON.stringify(name)} cannot be read: ${problem}. ${remedy}`
  return new FacsimileError('SETTINGS_INVALID', sentence, { cause })
}
