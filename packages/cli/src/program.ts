// The `facsimile` command as a whole: its name, version, help and what its exit codes mean.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addAddressesCommand } from './commands/addresses.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addExplainCommand } from './commands/explain.js'
import { addFetchCommand } from './commands/fetch.js'
import { addRobotsCommand } from './commands/robots.js'
import { addSettingsCommand } from './commands/settings.js'
import { addStoreCommand } from './commands/store.js'
import { CommandFailure } from './failure.js'
import { fold, foldParagraphs } from './folding.js'
import type { Io } from './io.js'
import { createStyles, printable, showsColours } from './terminal.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** Where the output is no terminal. */
const HELP_WIDTH = 80
const EXIT_CODES = `
Exit codes:
  0  done, and all is well
  1  failed, or something is wrong with what was examined; standard error says what and how to mend it
  2  wrong arguments, or settings that cannot be read`

/** The program with all its commands; they read and write through `io` alone. */
export function createProgram(io: Io): Command {
  const program = new Command('facsimile')
    .description(
      'Looks after a site that uses Facsimile: robots.txt, what the crawler gets to see, the store of the pages, its settings.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .showHelpAfterError('Add --help to see what can be given.')
    .configureHelp({ styleTitle: createStyles(io).title })
    .configureOutput({
      writeOut: (text) => io.stdout.write(foldParagraphs(text, io.stdout.columns)),
      writeErr: (text) => io.stderr.write(foldParagraphs(text, io.stderr.columns)),
      getOutHelpWidth: () => io.stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => showsColours(io),
      getErrHasColors: () => false,
    })
  addRobotsCommand(program, io)
  addExplainCommand(program, io)
  addDoctorCommand(program, io)
  addFetchCommand(program, io)
  addStoreCommand(program, io)
  addSettingsCommand(program, io)
  addAddressesCommand(program, io)
  return program
}

/**
 * Runs one command line (without `node` and the script) and answers its exit code. Failures are written to standard
 * error; what rejects is a defect of this program.
 */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CommandFailure)) throw error
    const text = `error: ${printableLines(error.message)}\n${indent(printableLines(error.remedy))}\n`
    io.stderr.write(fold(text, io.stderr.columns))
    return error.exitCode
  }
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
