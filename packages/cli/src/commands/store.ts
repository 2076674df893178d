// `facsimile store`: what a database administrator does for the store of the pages.
import { FacsimileError, type CacheProvider } from '@facsimile/core'
import { Option, type Command } from 'commander'
import { openChosenStore, type StoreChoice } from '../store/chosen-store.js'
import { CommandFailure, failure, reasonOf } from '../failure.js'
import type { Io } from '../io.js'
import {
  checkStore,
  countPages,
  initStore,
  printTable,
  storeFailure,
  sweepStore,
  type StoreTask,
} from '../store/tasks.js'
import { printable } from '../terminal.js'

interface StoreOptions extends StoreChoice {
  readonly json?: true
  readonly print?: true
}

interface Job {
  readonly name: string
  readonly task: StoreTask
  /** Whether a missing table is made; `undefined`: as the location says. */
  readonly createTable?: boolean
}

/** Both together are what a command may take: ten seconds. */
const MAX_WORK_MS = 8_000
const MAX_CLOSING_MS = 2_000

const HELP = `
The store is the cacheProvider of the settings, or --location. Passwords are never shown.
A --location that begins with @ is read from a file (@- is standard input), so that a password stays out of the process list.

Examples:
  facsimile store init --print --location mysql://shop@db.example/shop   the statement that makes the table
  facsimile store init --location @admin-location.txt                    make the table
  facsimile store check --config facsimile.config.json                   exit 1 when pages cannot be kept
  facsimile store stats --config facsimile.config.json --json`

export function addStoreCommand(program: Command, io: Io): void {
  const store = program
    .command('store')
    .summary('make, check, sweep or count the store of the pages')
    .description('Looks after the store in which pages wait for the crawler.')
    .addHelpText('after', HELP)
  addTask(store, 'init', 'make the table of a MySQL or MariaDB database; other stores need nothing')
    .option('--print', 'print the statement that makes the table, and connect to nothing')
    .action(async (options: StoreOptions) =>
      run(io, options, { name: 'init', task: options.print === true ? printTable : initStore, createTable: true }),
    )
  addTask(
    store,
    'check',
    'store and take a probe, as the web server would (which makes a missing table); exit 1 when that fails',
  ).action(async (options: StoreOptions) => run(io, options, { name: 'check', task: checkStore }))
  addTask(store, 'sweep', 'remove the expired pages from a MySQL or MariaDB database').action(
    async (options: StoreOptions) => run(io, options, { name: 'sweep', task: sweepStore, createTable: false }),
  )
  addTask(store, 'stats', 'count the pages that wait').action(async (options: StoreOptions) =>
    run(io, options, { name: 'stats', task: countPages, createTable: false }),
  )
}

function addTask(store: Command, name: string, description: string): Command {
  return store
    .command(name)
    .description(description)
    .addOption(
      new Option('-c, --config <file>', 'settings: .json, or .js/.mjs with a default export').conflicts('location'),
    )
    .option('-l, --location <location>', 'where the pages are, such as mysql://user:password@host/database, or @file')
    .option('--json', 'print the result as JSON')
}

async function run(io: Io, options: StoreOptions, { name, task, createTable }: Job): Promise<void> {
  const deadline = startDeadline(
    MAX_WORK_MS,
    failure(
      `the store did not answer within ${MAX_WORK_MS / 1000} seconds`,
      'See whether its server is up and can be reached from this machine, and call again.',
    ),
  )
  try {
    const store = await deadline.orLate(openChosenStore(io, options, createTable))
    try {
      const { lines, facts, problem } = await deadline.orLate(task(store))
      const { provider, location = null } = store
      const result = { command: name, store: provider.name, location, ok: problem === undefined, ...facts }
      io.stdout.write(options.json === true ? `${JSON.stringify(result, undefined, 2)}\n` : `${lines.join('\n')}\n`)
      if (problem !== undefined) throw problem
    } finally {
      await close(io, store.provider)
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    if (error instanceof FacsimileError) throw storeFailure(error)
    throw failure(`the store's provider failed: ${reasonOf(error)}`, 'Mend the provider, and call again.', {
      cause: error,
    })
  } finally {
    deadline.end()
  }
}

/** What has been done stays done, so a store that does not close well is worth a warning and no more. */
async function close(io: Io, provider: CacheProvider): Promise<void> {
  const deadline = startDeadline(MAX_CLOSING_MS, new Error(`it took longer than ${MAX_CLOSING_MS / 1000} seconds`))
  try {
    await deadline.orLate(provider.close())
  } catch (error) {
    io.stderr.write(`warning: ${printable(provider.name)} did not close: ${printable(reasonOf(error))}\n`)
  } finally {
    deadline.end()
  }
}

interface Deadline {
  /** Answers as `work` does, or rejects when the time is up. */
  orLate<T>(work: Promise<T>): Promise<T>
  end(): void
}

/** Its timer keeps the process alive: a store that never answers, and holds no socket, would end it without a word. */
function startDeadline(timeoutMs: number, error: Error): Deadline {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(error), timeoutMs)
  })
  // When nothing waits any more, being late is no news.
  void Promise.allSettled([late])
  return { orLate: (work) => Promise.race([work, late]), end: () => clearTimeout(timer) }
}
