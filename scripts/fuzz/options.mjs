// The command line of the fuzzer.
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run fuzz -- [options]

Generates pages with every corner that HTML has, puts snippets into them, split in several ways, and lets parse5 judge.
Ends at the first fault, with status 1 and the smallest page that shows it.

  --seed <n>      0 to 4294967295 (default: another one each day); the same seed gives the same pages
  --cases <n>     how many pages (default 200000)
  --seconds <n>   end after this long, however many pages that were
  --json          the result as JSON
  --help          this text
`

/** A command line that cannot be understood; the command ends with status 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

const FLAGS = {
  seed: { type: 'string' },
  cases: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

/** What to run, from the words after the command; `today` is a date. Throws `UsageError` with the word that is wrong. */
export function parseOptions(args, today = new Date()) {
  const { seed, cases, seconds, json, help } = parseFlags(args)
  return {
    seed: numberOf('--seed', seed, {
      fallback: Number(today.toISOString().slice(0, 10).replaceAll('-', '')),
      min: 0,
      max: 2 ** 32 - 1,
    }),
    cases: numberOf('--cases', cases, { fallback: 200_000, min: 1, max: 1e9 }),
    seconds: numberOf('--seconds', seconds, { fallback: undefined, min: 1, max: 1e6 }),
    json,
    help,
  }
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values
  } catch (cause) {
    throw new UsageError(`${cause.message}. See --help.`, { cause })
  }
}

function numberOf(flag, text, { fallback, min, max }) {
  if (text === undefined) return fallback
  const value = text.trim() === '' ? NaN : Number(text)
  if (value >= min && value <= max && Number.isInteger(value)) return value
  throw new UsageError(`${flag} is ${JSON.stringify(text)}; it takes a whole number from ${min} to ${max}.`)
}
