// `facsimile settings`: checks, shows and imports the settings of a site.
import { createSettingsSchema, maskSettings, resolveSettings } from '@facsimile/core'
import type { Command } from 'commander'
import { describeWord, remedyOf, wordToJson } from '../crawl/word.js'
import { failure, usageFailure } from '../failure.js'
import { fold } from '../folding.js'
import type { Io } from '../io.js'
import { originOf } from '../settings/origins.js'
import { gatherSettings, useSettings, type SiteSettings } from '../settings/site-settings.js'
import { findWarnings, type Warning } from '../settings/warnings.js'
import { findOpenSecret } from '../settings/written-settings.js'
import { count, createStyles, printable } from '../terminal.js'
import { addImportCommand } from './settings-import.js'

interface CheckOptions {
  readonly json?: true
}

interface PrintOptions {
  readonly origin?: true
}

const FILE = 'settings: .json, or .js/.mjs with a default export (default: $FACSIMILE_CONFIG, else facsimile.config.*)'
const HELP = `
Every setting that JSON can hold may be given as a variable too, which goes over the file: FACSIMILE_ and its name in
capitals. Lists have commas, objects and snippets are JSON, and parts of objects have variables of their own.

Examples:
  facsimile settings check             what is wrong with ./facsimile.config.json?
  facsimile settings print --origin    what is in force, and where it comes from
  facsimile settings import clicktale/ --out facsimile.config.json
  FACSIMILE_ALLOWED_ADDRESSES=192.0.2.0/24,2001:db8::/32 facsimile settings check site.json
  FACSIMILE_CLIENT_ADDRESS_SOURCE=x-forwarded-for facsimile settings print`

export function addSettingsCommand(program: Command, io: Io): void {
  const settings = program
    .command('settings')
    .summary('check, print or import the settings of a site')
    .description('Looks after the settings of a site: a file, and FACSIMILE_ variables over it.')
    .addHelpText('after', HELP)
  settings
    .command('check')
    .description('tell all that is wrong with the settings at once; exit 1 when they cannot be used')
    .argument('[file]', FILE)
    .option('--json', 'print the result as JSON')
    .action(async (file: string | undefined, options: CheckOptions) => checkSettings(io, file, options))
  settings
    .command('print')
    .description('print all settings in force as JSON, with every secret masked')
    .argument('[file]', FILE)
    .option('--origin', 'show where each value comes from: default, file or variable')
    .action(async (file: string | undefined, options: PrintOptions) => printSettings(io, file, options))
  settings
    .command('schema')
    .description('print the JSON Schema of a settings file')
    .action(() => {
      io.stdout.write(toJson(createSettingsSchema()))
    })
  addImportCommand(settings, io)
}

async function checkSettings(io: Io, name: string | undefined, options: CheckOptions): Promise<void> {
  const site = await gatherSettings(io, name)
  requireSomething(site)
  const { problems } = site
  const warnings = problems.length > 0 ? [] : [...findWarnings(resolveSettings(site.input))]
  const openSecret = site.file === undefined ? undefined : await findOpenSecret(io, site.file, site.written)
  if (openSecret !== undefined) warnings.push(openSecret)
  const variables = site.variables.map((variable) => variable.name)
  io.stdout.write(
    options.json === true
      ? toJson({
          file: site.file ?? null,
          variables,
          ok: problems.length === 0,
          problems,
          warnings: warnings.map(warningToJson),
        })
      : fold(describeCheck(io, site, warnings), io.stdout.columns),
  )
  if (problems.length === 0) return
  throw failure(
    `${nameOf(site)} cannot be used: ${count(problems.length, 'problem')}`,
    'Mend what is named above, and check again.',
  )
}

async function printSettings(io: Io, name: string | undefined, { origin }: PrintOptions): Promise<void> {
  const site = await gatherSettings(io, name)
  const shown = maskSettings(useSettings(site))
  const entries = Object.entries(shown).map(([setting, value]) => [setting, { value, ...originOf(setting, site) }])
  io.stdout.write(toJson(origin === true ? Object.fromEntries(entries) : shown))
}

/** Defaults alone are in order always; who asks has a file in mind. */
function requireSomething({ file, variables, problems }: SiteSettings): void {
  if (file !== undefined || variables.length > 0 || problems.length > 0) return
  throw usageFailure(
    'there is no facsimile.config.json, .js or .mjs in this folder, and no FACSIMILE_ variable is set',
    'Give the settings file, as in `facsimile settings check site.json`.',
  )
}

function warningToJson(warning: Warning) {
  const { word, said } = warning
  return { ...wordToJson(word), ...(said !== undefined && { said }), remedy: remedyOf(warning) }
}

function describeCheck(io: Io, site: SiteSettings, warnings: readonly Warning[]): string {
  const styles = createStyles(io)
  const { bad, good, title } = styles
  const { problems } = site
  const verdict = problems.length > 0 ? bad(count(problems.length, 'problem')) : good('no problem')
  const lines = [
    `${title(nameOf(site))}: ${verdict}, ${count(warnings.length, 'warning')}`,
    ...problems.map((problem) => `  ${bad('problem')}  ${printable(problem)}`),
    ...warnings.flatMap((warning) => ['', ...describeWord(warning, styles.warning('!'), styles)]),
  ]
  return `${lines.join('\n')}\n`
}

function nameOf({ file, variables }: SiteSettings): string {
  const overlay = variables.length === 0 ? '' : count(variables.length, 'FACSIMILE_ variable')
  if (file === undefined) return overlay === '' ? 'the settings' : overlay
  return overlay === '' ? printable(file) : `${printable(file)} with ${overlay}`
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
