// `facsimile settings import`: turns the files of an old integration module into a settings file.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { reasonOf, usageFailure } from '../failure.js'
import { fold } from '../folding.js'
import type { Io } from '../io.js'
import type { Note } from '../legacy/draft.js'
import { importOldSettings, type Import } from '../legacy/import.js'
import { openReplacement } from '../replacement-file.js'
import { count, printable } from '../terminal.js'

interface ImportOptions {
  readonly out?: string
  readonly force?: true
  readonly json?: true
}

/** The address of the schema as an editor finds it from beside a package.json. */
const SCHEMA = './node_modules/@facsimile/core/settings.schema.json'
/** The file may hold the password of a database. */
const PRIVATE_FILE_MODE = 0o600
const HELP = `
The settings go to standard output or --out; what could not be carried over, and what was dangerous, to standard error.
Nothing in the files is executed, loaded or expanded: they are read as plain values, and refused where they are more.

Examples:
  facsimile settings import clicktale/                                    config.php and ClickTaleScripts.xml
  facsimile settings import clicktale/config.php --out facsimile.config.json
  facsimile settings import ClickTaleScripts.xml                          the snippets alone`

export function addImportCommand(settings: Command, io: Io): void {
  settings
    .command('import')
    .summary('turn the settings of an old integration module into new ones')
    .description("Turns an old integration module's config.php and ClickTaleScripts.xml into a settings file.")
    .argument('<file>', 'the config.php, the ClickTaleScripts.xml, or the folder that holds them')
    .option('-o, --out <file>', 'write the settings to this file, which must not exist')
    .option('--force', 'let --out replace a file')
    .option('--json', 'print the settings and all notes as JSON')
    .addHelpText('after', HELP)
    .action(async (file: string, options: ImportOptions) => runImport(io, file, options))
}

async function runImport(io: Io, path: string, options: ImportOptions): Promise<void> {
  const imported = await importOldSettings(io, path)
  const { files, settings, unmapped, warnings } = imported
  const text = toJson({ $schema: SCHEMA, ...settings })
  if (options.out !== undefined) await write(io, options.out, text, options.force === true)
  if (options.json === true)
    io.stdout.write(
      toJson({ files, ...(options.out === undefined ? { settings } : { out: options.out }), unmapped, warnings }),
    )
  else {
    if (options.out === undefined) io.stdout.write(text)
    io.stderr.write(fold(describeImport(imported, options.out), io.stderr.columns))
  }
}

function describeImport({ files, settings, unmapped, warnings }: Import, out: string | undefined): string {
  const source = files.map(printable).join(' and ')
  const target = out === undefined ? '' : ` written to ${printable(out)}`
  return [
    `${count(Object.keys(settings).length, 'setting')} of ${source}${target}; ${unmapped.length} not carried over, ${count(warnings.length, 'warning')}`,
    ...unmapped.map((note) => `not carried over: ${describeNote(note)}`),
    ...warnings.map((note) => `warning: ${describeNote(note)}`),
    '',
  ].join('\n')
}

function describeNote({ key, place, text }: Note): string {
  return printable(`${key}${place === undefined ? '' : ` (${place})`}: ${text}`)
}

async function write(io: Io, file: string, text: string, mayReplace: boolean): Promise<void> {
  const path = resolve(io.cwd, file)
  if (mayReplace) {
    const replacement = await openReplacement(path, PRIVATE_FILE_MODE)
    return replacement.commit(Buffer.from(text))
  }
  await writeFile(path, text, { flag: 'wx', mode: PRIVATE_FILE_MODE }).catch((cause: unknown) => {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw usageFailure(
      exists ? `${JSON.stringify(file)} exists` : `cannot write ${JSON.stringify(file)}: ${reasonOf(cause)}`,
      exists
        ? 'Name another file, or add --force to replace it.'
        : 'Choose a folder that exists and that you may write to.',
      { cause },
    )
  })
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
