// The site's settings, as far as the command needs them: all of one file, or where its fetcher answers.
import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FacsimileError, resolveSettings, type Settings } from '@facsimile/core'
import { readBounded } from './bounded-input.js'
import { reasonOf, usageFailure } from './failure.js'
import type { Io } from './io.js'
import { printable } from './terminal.js'

export interface FetchSettings {
  /** The path at which the fetcher answers, as the settings have it. */
  readonly fetchPath: string
  /** An absolute pattern with `%CacheToken%`, where each server of a farm has a host of its own. */
  readonly fetchUrl?: string
}

export const DEFAULT_FETCH_PATH = '/facsimile'

const DEFAULT_FILES = ['facsimile.config.json', 'facsimile.config.js', 'facsimile.config.mjs']
const MAX_SETTINGS_BYTES = 1024 * 1024
const PASSWORD_IN_LOCATION = /:\/\/[^/@]*:[^@]*@/
const REMEDY = `Give a .json file with the settings of createFacsimile, or a .js or .mjs file that has them as its default export.`

/** Reads `name`, or the first of the default files in the working folder, or answers the defaults when there is none. */
export async function readFetchSettings(io: Io, name: string | undefined): Promise<FetchSettings> {
  const file = name ?? (await findDefaultFile(io))
  if (file === undefined) return { fetchPath: DEFAULT_FETCH_PATH }
  const { fetchPath, fetchUrl } = await readSiteSettings(io, file)
  return fetchUrl === undefined ? { fetchPath } : { fetchPath, fetchUrl }
}

/** All the settings in `file`, checked and completed. Warns when they hold a password that everybody may read. */
export async function readSiteSettings(io: Io, file: string): Promise<Settings> {
  const settings = checkSettings(await readSettings(io, file), file)
  await warnAboutReaders(io, file, settings)
  return settings
}

async function findDefaultFile(io: Io): Promise<string | undefined> {
  for (const name of DEFAULT_FILES) {
    const found = await stat(resolve(io.cwd, name)).catch(() => undefined)
    if (found?.isFile() === true) return name
  }
  return undefined
}

async function readSettings(io: Io, file: string): Promise<unknown> {
  try {
    if (extname(file) === '.json') return await readJson(io, file)
    if (extname(file) === '.js' || extname(file) === '.mjs') return await readModule(io, file)
  } catch (cause) {
    throw usageFailure(`cannot read the settings in ${JSON.stringify(file)}: ${reasonOf(cause)}`, REMEDY, { cause })
  }
  throw usageFailure(`${JSON.stringify(file)} ends neither in .json nor in .js or .mjs`, REMEDY)
}

async function readJson(io: Io, file: string): Promise<unknown> {
  const bytes = await readBounded(io, file, MAX_SETTINGS_BYTES)
  if (bytes === undefined) throw new Error(`it is longer than ${MAX_SETTINGS_BYTES} bytes`)
  return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
}

async function readModule(io: Io, file: string): Promise<unknown> {
  const module = (await import(pathToFileURL(resolve(io.cwd, file)).href)) as { default?: unknown }
  if (module.default === undefined) throw new Error('it has no default export')
  return module.default
}

function checkSettings(input: unknown, file: string): Settings {
  try {
    return resolveSettings(input)
  } catch (cause) {
    if (!(cause instanceof FacsimileError)) throw cause
    throw usageFailure(`${JSON.stringify(file)}: ${cause.message}`, 'Mend the settings there, and call again.', {
      cause,
    })
  }
}

/** Settings that hold a password are for their owner's eyes. */
async function warnAboutReaders(io: Io, file: string, { cacheProvider }: Settings): Promise<void> {
  if (process.platform === 'win32' || typeof cacheProvider !== 'string' || !PASSWORD_IN_LOCATION.test(cacheProvider))
    return
  const { mode } = await stat(resolve(io.cwd, file))
  if ((mode & 0o004) === 0) return
  io.stderr.write(
    `warning: ${printable(file)} holds a password and every user of this machine may read it: chmod o-r it.\n`,
  )
}
