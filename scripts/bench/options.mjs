// The command line of the benchmark.
import { parseArgs } from 'node:util'
import { CASES } from './pages.mjs'
import { VARIANTS } from './variants.mjs'

const caseNames = CASES.map(({ name }) => name)
const filterNames = Object.keys(VARIANTS).filter((name) => name !== 'bare')

export const USAGE = `Usage: npm run bench -- [options]

Measures what a response filter costs, as a ratio to bare Express 5.

  --quick             bare and facsimile only, 3 rounds of 0.5 s: under a minute
  --only <case,..>    ${caseNames.join(', ')}
  --variants <list>   ${filterNames.join(', ')}
  --rounds <n>        pairs of windows for each case, 1 to 100 (default 5)
  --seconds <n>       length of a window, 0.2 to 60 (default 2)
  --memory            peak memory with a 20 MB page and delay of the first byte instead of throughput
  --json              figures as JSON in place of the table
  --write             also put the table into README.md, between its markers
  --help              this text
`

/** A command line that cannot be understood; the command ends with status 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

const FLAGS = {
  quick: { type: 'boolean', default: false },
  memory: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  only: { type: 'string' },
  variants: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
}

/** What to measure, from the words after the command. Throws `UsageError` with the word that is wrong and what may stand there. */
export function parseOptions(args) {
  const { quick, memory, json, write, help, only, variants, rounds, seconds } = parseFlags(args)
  const brief = quick || memory
  return {
    memory,
    json,
    write,
    help,
    cases: only === undefined ? CASES : CASES.filter(({ name }) => listOf('--only', only, caseNames).includes(name)),
    variants:
      variants === undefined ? (brief ? ['facsimile'] : filterNames) : listOf('--variants', variants, filterNames),
    rounds: numberOf('--rounds', rounds, { fallback: quick ? 3 : 5, min: 1, max: 100, whole: true }),
    seconds: numberOf('--seconds', seconds, { fallback: quick ? 0.5 : 2, min: 0.2, max: 60 }),
    // Long enough for the memory provider to reach its bounds, after which it costs what it costs on a busy site.
    warmUpSeconds: quick ? 0.4 : 3,
  }
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values
  } catch (cause) {
    throw new UsageError(`${cause.message}. See --help.`, { cause })
  }
}

function listOf(flag, text, known) {
  const names = [...new Set(text.split(',').map((name) => name.trim()))]
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new UsageError(`${flag} does not know ${JSON.stringify(stranger)}; choose from ${known.join(', ')}.`)
  return names
}

function numberOf(flag, text, { fallback, min, max, whole = false }) {
  if (text === undefined) return fallback
  const value = text.trim() === '' ? NaN : Number(text)
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}; it takes ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
  )
}
