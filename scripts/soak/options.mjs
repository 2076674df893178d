// The command line of the soak.
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run soak -- [options]

Loads a site behind Facsimile with requests of all kinds, a fifth of them given up, while its store dies and returns, and
tells whether memory, timers, handles or listeners are left behind and every page was right. Exits with 1 when not.

  --requests <n>      how many, 1000 to 100000000 (default 60000, or no end with --seconds)
  --seconds <n>       how long, 5 to 1000000, or until memory was looked at three times (default no end)
  --store <which>     memory: a memory provider within one that fails in four ways (default)
                      redis: a throw-away Redis, frozen or killed
  --flap <seconds>    how often the store dies or returns, 0.5 to 600 (default 5)
  --seed <n>          what the visitors do, 0 to 4294967295 (default 1)
  --json              all figures as JSON in place of the table
  --help              this text
`

const DEFAULT_REQUESTS = 60_000
const MOST_STEP = 5_000
const MOST_WARM_UP = 10_000
const STORES = ['memory', 'redis']

/** A command line that cannot be understood; the command ends with status 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

const FLAGS = {
  requests: { type: 'string' },
  seconds: { type: 'string' },
  store: { type: 'string', default: 'memory' },
  flap: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

/** What to do, from the words after the command. Throws `UsageError` with the word that is wrong and what may stand there. */
export function parseOptions(args) {
  const { requests, seconds, store, flap, seed, json, help } = parseFlags(args)
  if (!STORES.includes(store))
    throw new UsageError(`--store does not know ${JSON.stringify(store)}; choose from ${STORES.join(', ')}.`)
  const count = numberOf('--requests', requests, { min: 1_000, max: 1e8, whole: true })
  const time = numberOf('--seconds', seconds, { min: 5, max: 1e6 })
  const total = count ?? (time === undefined ? DEFAULT_REQUESTS : Infinity)
  return {
    requests: total,
    seconds: time ?? Infinity,
    store,
    periodMs: (numberOf('--flap', flap, { min: 0.5, max: 600 }) ?? 5) * 1000,
    seed: numberOf('--seed', seed, { min: 0, max: 2 ** 32 - 1, whole: true }) ?? 1,
    json,
    help,
    ...roundsOf(total),
  }
}

/** After how many requests memory is looked at first, and after how many more again. */
export function roundsOf(requests) {
  return {
    warmUp: Math.min(MOST_WARM_UP, Math.ceil(requests / 3)),
    step: Math.min(MOST_STEP, Math.ceil(requests / 12)),
  }
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values
  } catch (cause) {
    throw new UsageError(`${cause.message}. See --help.`, { cause })
  }
}

function numberOf(flag, text, { min, max, whole = false }) {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? NaN : Number(text)
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}; it takes ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
  )
}
