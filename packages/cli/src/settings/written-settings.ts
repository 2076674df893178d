// Settings as they stand in a file: JSON, or a module of JavaScript that has them as its default export.
import { isUtf8 } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FacsimileError, readSettingsText } from '@facsimile/core'
import { readBounded } from '../bounded-input.js'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import type { Warning } from './warnings.js'

const DEFAULT_FILES = ['facsimile.config.json', 'facsimile.config.js', 'facsimile.config.mjs']
const MAX_SETTINGS_BYTES = 1024 * 1024
const READ_BY_OTHERS = 0o004
const PASSWORD_IN_LOCATION = /:\/\/[^/@]*:[^@]*@/
const REMEDY = `Give a .json file with the settings of createFacsimile, or a .js or .mjs file that has them as its default export.`

/** The first of the default files in the working folder, by its name. */
export async function findDefaultFile(io: Io): Promise<string | undefined> {
  for (const name of DEFAULT_FILES) {
    const found = await stat(resolve(io.cwd, name)).catch(() => undefined)
    if (found?.isFile() === true) return name
  }
  return undefined
}

/** What `file` holds, unchecked. Throws a usage failure when it cannot be read, with line and column of broken JSON. */
export async function readWrittenSettings(io: Io, file: string): Promise<unknown> {
  try {
    if (extname(file) === '.json') return readSettingsText(await readSettingsFile(io, file), file)
    if (extname(file) === '.js' || extname(file) === '.mjs') return await readModule(io, file)
  } catch (cause) {
    const where = cause instanceof FacsimileError ? '' : ` in ${JSON.stringify(file)}`
    throw usageFailure(`cannot read the settings${where}: ${reasonOf(cause)}`, REMEDY, { cause })
  }
  throw usageFailure(`${JSON.stringify(file)} ends neither in .json nor in .js or .mjs`, REMEDY)
}

/** The text of a file of JSON. Rejects as node:fs does, and for what is too long or not UTF-8. */
export async function readSettingsFile(io: Io, file: string): Promise<string> {
  const bytes = await readBounded(io, file, MAX_SETTINGS_BYTES)
  if (bytes === undefined) throw new Error(`it is longer than ${MAX_SETTINGS_BYTES} bytes`)
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8')
  return bytes.toString()
}

async function readModule(io: Io, file: string): Promise<unknown> {
  const module = (await import(pathToFileURL(resolve(io.cwd, file)).href)) as { default?: unknown }
  if (module.default === undefined) throw new Error('it has no default export')
  return module.default
}

/** A warning when `file` holds what is for its owner's eyes, and every user of this machine may read it. */
export async function findOpenSecret(io: Io, file: string, written: unknown): Promise<Warning | undefined> {
  const secret = secretIn(written)
  if (secret === undefined || process.platform === 'win32') return undefined
  const { mode } = await stat(resolve(io.cwd, file))
  if ((mode & READ_BY_OTHERS) === 0) return undefined
  return { word: { kind: 'found', word: 'settings-readable' }, said: `${file} holds ${secret}` }
}

function secretIn(written: unknown): string | undefined {
  if (typeof written !== 'object' || written === null) return undefined
  const { cacheProvider, encryptionKeys } = written as Readonly<Record<string, unknown>>
  if (typeof cacheProvider === 'string' && PASSWORD_IN_LOCATION.test(cacheProvider)) return 'a password'
  return Array.isArray(encryptionKeys) && encryptionKeys.length > 0 ? 'a key' : undefined
}
