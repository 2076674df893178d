// Reads the files of an old installation and answers with new settings, and with all that has to be told about them.
import { isUtf8 } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { readBounded } from '../bounded-input.js'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { createDraft, type Draft } from './draft.js'
import { dropUnusable, translateConfig } from './old-config.js'
import { warnOfMissing } from './old-defaults.js'
import { warnOfOldFiles } from './old-keys.js'
import { translateScripts } from './old-snippets.js'
import { readPhpConfig, type PhpConfig } from './php-config.js'
import { PhpRefusal } from './php-refusal.js'
import { readScriptsXml, XmlRefusal } from './scripts-xml.js'

export interface Import extends Draft {
  /** What was read, in its order. */
  readonly files: readonly string[]
}

const CONFIG_FILE = 'config.php'
const SCRIPTS_FILE = 'ClickTaleScripts.xml'
/** Many times the longest that there was. */
const MAX_FILE_BYTES = 256 * 1024

/**
 * Imports a config.php with the scripts file that it names, a ClickTaleScripts.xml, or the folder that holds both.
 * Executes nothing and loads nothing. Throws a usage failure for files that cannot be read or hold more than values.
 */
export async function importOldSettings(io: Io, path: string): Promise<Import> {
  const draft = createDraft()
  const files: string[] = []
  const { config, scripts } = await findFiles(io, path)
  if (config !== undefined) {
    files.push(config)
    const entries = parse(config, await readText(io, config), readPhpConfig)
    const named = scripts ?? (await findScripts(io, config, entries, draft))
    if (named !== undefined) await importScripts(io, named, draft, files)
    translateConfig(draft, entries, basename(config))
    warnOfMissing(draft, entries, basename(config))
    warnOfOldFiles(draft)
  } else if (scripts !== undefined) await importScripts(io, scripts, draft, files)
  dropUnusable(draft)
  return { ...draft, files }
}

interface OldFiles {
  readonly config?: string
  readonly scripts?: string
}

const REMEDY = `Give the old module's ${CONFIG_FILE}, its ${SCRIPTS_FILE}, or the folder that holds them.`

async function findFiles(io: Io, path: string): Promise<OldFiles> {
  const found = await stat(resolve(io.cwd, path)).catch((cause: unknown) => {
    throw usageFailure(`cannot read ${JSON.stringify(path)}: ${reasonOf(cause)}`, REMEDY, { cause })
  })
  if (!found.isDirectory()) return (await isPhp(io, path)) ? { config: path } : { scripts: path }
  const config = join(path, CONFIG_FILE)
  const scripts = join(path, SCRIPTS_FILE)
  if (await isFile(io, config)) return { config }
  if (await isFile(io, scripts)) return { scripts }
  throw usageFailure(`there is neither ${CONFIG_FILE} nor ${SCRIPTS_FILE} in ${JSON.stringify(path)}`, REMEDY)
}

async function isPhp(io: Io, path: string): Promise<boolean> {
  return path.toLowerCase().endsWith('.php') || /^\s*<\?php\b/i.test(await readText(io, path))
}

/** The file that ScriptsFile names, else the one beside the configuration; says so when it is not there. */
async function findScripts(io: Io, config: string, entries: PhpConfig, draft: Draft): Promise<string | undefined> {
  const written = entries.get('ScriptsFile')
  const name = typeof written?.value === 'string' && written.value !== '' ? written.value : SCRIPTS_FILE
  const file = isAbsolute(name) ? name : join(dirname(config), name)
  if (await isFile(io, file)) return file
  const place = written === undefined ? basename(config) : `${basename(config)}:${written.line}`
  const text = `there is no ${JSON.stringify(name)}, so no snippet is carried over: import the scripts file by itself, and put its snippets into these settings`
  draft.unmapped.push({ key: 'ScriptsFile', place, text })
  return undefined
}

async function importScripts(io: Io, file: string, draft: Draft, files: string[]): Promise<void> {
  files.push(file)
  translateScripts(draft, parse(file, await readText(io, file), readScriptsXml), basename(file))
}

function parse<T>(file: string, text: string, read: (text: string) => T): T {
  try {
    return read(text)
  } catch (cause) {
    if (cause instanceof PhpRefusal) {
      const where = `${JSON.stringify(file)}, line ${cause.line}`
      throw usageFailure(`${where} has ${cause.message}`, 'Mend a copy of the file, and import that.', { cause })
    }
    if (cause instanceof XmlRefusal) {
      const where = `${JSON.stringify(file)}, line ${cause.line}, column ${cause.column}`
      throw usageFailure(`${where}: ${cause.message}`, 'Mend a copy of the file, and import that.', { cause })
    }
    throw cause
  }
}

async function readText(io: Io, file: string): Promise<string> {
  const bytes = await readBounded(io, file, MAX_FILE_BYTES).catch((cause: unknown) => {
    throw usageFailure(`cannot read ${JSON.stringify(file)}: ${reasonOf(cause)}`, REMEDY, { cause })
  })
  if (bytes === undefined) throw usageFailure(`${JSON.stringify(file)} is longer than ${MAX_FILE_BYTES} bytes`, REMEDY)
  if (!isUtf8(bytes) || bytes.includes(0))
    throw usageFailure(`${JSON.stringify(file)} is not UTF-8`, 'Save a copy of it as UTF-8, and import that.')
  return bytes.toString().replace(/^\uFEFF/, '')
}

async function isFile(io: Io, file: string): Promise<boolean> {
  return (await stat(resolve(io.cwd, file)).catch(() => undefined))?.isFile() === true
}
