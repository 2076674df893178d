// The command line of the command that breaks rules.
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run test:rules -- [options] [rule ...]

Breaks each rule of docs/rules.md once, by a small change to the sources, and runs the tests that are named there for it:
they must fail. Works on a copy of the project, uncommitted work included. Takes some minutes; exits with 1 when a rule's
tests pass though it is broken.

  rule      its number; several are possible (default: all)
  --help    this text
`

/** A command line that cannot be understood; the command ends with status 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

/** Which of the `known` rules to break, from the words after the command. Throws `UsageError` with the word that is wrong. */
export function parseOptions(args, known) {
  const { values, positionals } = parseWords(args)
  const unknown = positionals.find((word) => !known.map(String).includes(word))
  if (unknown !== undefined)
    throw new UsageError(
      `There is no change that breaks rule ${JSON.stringify(unknown)}; choose from ${known.join(', ')}.`,
    )
  return { help: values.help, rules: positionals.length === 0 ? known : positionals.map(Number) }
}

function parseWords(args) {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean', default: false } }, allowPositionals: true })
  } catch (cause) {
    throw new UsageError(`${cause.message}. See --help.`, { cause })
  }
}
