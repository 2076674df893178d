// The command line of the benchmark.
import { parseArgs } from 'node:util'
import { CASES } from './pages.mjs'
import { SECTIONS } from './sections.mjs'

const NGINX = 'nginx sub_filter'
const caseNames = CASES.map(({ name }) => name)
const sectionNames = Object.keys(SECTIONS)
const variantNames = [...new Set(Object.values(SECTIONS).flatMap(({ known = [] }) => known))]

const sectionLines = Object.entries(SECTIONS).map(([name, { about }]) => `  ${`--${name}`.padEnd(20)}${about}`)

export const USAGE = `Usage: npm run bench -- [options]

Measures what Facsimile costs, in pairs with bare Express 5. What to measure, throughput unless told otherwise:

${sectionLines.join('\n')}
  --all               all of these

How:

  --quick             Facsimile and bare Express only, few and short windows: under a minute for each part
  --only <case,..>    throughput of these: ${caseNames.join(', ')}
  --variants <list>   ${variantNames.join(', ')}
  --rounds <n>        pairs for each figure, 1 to 100 (default 6); an even number lets each go first equally often
  --seconds <n>       length of a window, 0.2 to 60 (default 2); a slow filter gets up to three times as long
  --json              figures as JSON in place of the tables
  --write             also put the tables into BENCHMARKS.md and README.md, between their markers
  --cpu-prof <folder> leave a profile of the processor time of each server there; the figures are then of no use
  --help              this text

wrk makes the load where it is found, else autocannon. nginx takes part where it is found.
`

/** A command line that cannot be understood; the command ends with status 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

const FLAGS = {
  ...Object.fromEntries(sectionNames.map((name) => [name, { type: 'boolean', default: false }])),
  all: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  only: { type: 'string' },
  variants: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  'cpu-prof': { type: 'string' },
}

/**
 * What to measure, from the words after the command: `sections` holds the options of each part by its name. Throws
 * `UsageError` with the word that is wrong and what may stand there.
 */
export function parseOptions(args) {
  const values = parseFlags(args)
  const { quick, json, write, help, only, variants, 'cpu-prof': profileFolder } = values
  refuseWriting(values)
  if (profileFolder === '') throw new UsageError('--cpu-prof is ""; it takes the folder that profiles are written to.')
  const chosen = sectionNames.filter((name) => values.all || values[name])
  const common = {
    profileFolder,
    rounds: numberOf('--rounds', values.rounds, { fallback: quick ? 2 : 6, min: 1, max: 100, whole: true }),
    seconds: numberOf('--seconds', values.seconds, { fallback: quick ? 0.5 : 2, min: 0.2, max: 60 }),
    settleSeconds: quick ? 0.1 : 0.3,
    // The compiler is at work for some seconds after a server's first request.
    startUpSeconds: quick ? 1 : 2,
    warmUpSeconds: quick ? 0.3 : 2,
    requests: quick ? 40 : 200,
    pages: quick ? 8 : 20,
    cases: only === undefined ? CASES : CASES.filter(({ name }) => listOf('--only', only, caseNames).includes(name)),
  }
  const wanted = variants === undefined ? undefined : listOf('--variants', variants, variantNames)
  const sections = (chosen.length === 0 ? ['throughput'] : chosen).map((name) => [
    name,
    { ...common, variants: variantsOf(name, wanted, quick) },
  ])
  return {
    json,
    write,
    help,
    profileFolder,
    nginxIsWanted: wanted?.includes(NGINX),
    sections: Object.fromEntries(sections),
  }
}

/** The sections for a machine without nginx, where the report says so. Throws `UsageError` when nginx was asked for by name. */
export function withoutNginx({ sections, nginxIsWanted }) {
  if (nginxIsWanted) throw new UsageError(`nginx was not found; install it, or leave "${NGINX}" out of --variants.`)
  return Object.fromEntries(
    Object.entries(sections).map(([name, { variants, ...options }]) => [
      name,
      { ...options, variants: variants.filter((variant) => variant !== NGINX) },
    ]),
  )
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values
  } catch (cause) {
    throw new UsageError(`${cause.message}. See --help.`, { cause })
  }
}

/** What is written down is whole, and is not what a profiler makes of it. */
function refuseWriting({ write, ...values }) {
  const half = ['quick', 'only', 'variants', 'cpu-prof'].find((name) => values[name])
  if (write && half !== undefined) throw new UsageError(`--write takes whole tables only; leave --${half} out.`)
}

function variantsOf(section, wanted, quick) {
  const { variants = [], quick: few = [], known } = SECTIONS[section]
  if (known === undefined) return []
  if (wanted === undefined) return quick ? few : variants
  const measurable = known.filter((name) => wanted.includes(name))
  if (measurable.length > 0) return measurable
  throw new UsageError(`--variants names nothing that --${section} measures; choose from ${known.join(', ')}.`)
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
