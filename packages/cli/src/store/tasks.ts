// What `facsimile store` does with a store: make its table, check it, remove expired pages, count.
import { mysqlTableDdl, type MysqlProvider } from '@facsimile/core/mysql'
import type { ChosenStore } from './chosen-store.js'
import { failure, reasonOf, usageFailure, type CommandFailure } from '../failure.js'
import { count, printable } from '../terminal.js'

interface Outcome {
  /** For people; the reader's terminal must not obey what a store says. */
  readonly lines: readonly string[]
  /** For programs. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Why the exit code is not 0. */
  readonly problem?: CommandFailure
}

export type StoreTask = (store: ChosenStore) => Promise<Outcome>

/** A sweep is stopped after this long: the next one goes on. */
const MAX_SWEEP_MS = 6_000
/** `expiredPages` are counted in databases alone: other stores do not keep them. */
const NO_FIGURES = { pages: null, bytes: null, expiredPages: null }
const BUILT_IN = ['memory', 'file', 'redis']

/** Makes the table of a database, and sends a probe through it. */
export const initStore: StoreTask = async (store) => {
  if (!isMysql(store)) return nothingToMake(store)
  const problems = await store.provider.check()
  const table = store.table === undefined ? 'The table' : `The table ${store.table}`
  return {
    ...judge(problems, `${table} is made, or was there already; a page can be stored in it and taken from it.`),
    ...(problems.length > 0 && {
      problem: failure(
        'the table could not be made, or does not serve well',
        'Mend what is said above, or hand the statement of `facsimile store init --print` to who may make tables.',
      ),
    }),
  }
}

/** The statement that makes the table; connects to nothing. */
export const printTable: StoreTask = (store) => {
  if (!isMysql(store)) return Promise.resolve(nothingToMake(store))
  if (store.table === undefined) {
    throw usageFailure(
      'the settings have a provider object, which does not tell the name of its table',
      'Give --location mysql://user@host/database?table=name instead.',
    )
  }
  const statement = `${mysqlTableDdl(store.table)};`
  return Promise.resolve({ lines: statement.split('\n'), facts: { table: store.table, statement } })
}

export const checkStore: StoreTask = async ({ provider }) => {
  const problems = await provider.check()
  return judge(problems, `${printable(provider.name)} is healthy.`)
}

/** Removes the expired pages where nobody but us would. */
export const sweepStore: StoreTask = async (store) => {
  if (!isMysql(store)) {
    return note({ removedPages: null }, `${ofOwnKind(store)}, and removes expired pages by itself.`)
  }
  const { provider } = store
  let isCutShort = false
  // A provider that closes ends its sweep after the batch under way.
  const timer = setTimeout(() => {
    isCutShort = true
    void Promise.allSettled([provider.close()])
  }, MAX_SWEEP_MS)
  const removedPages = await provider.sweepNow().finally(() => clearTimeout(timer))
  return note({ removedPages, isComplete: !isCutShort }, describeSweep(removedPages, isCutShort))
}

export const countPages: StoreTask = async (store) => {
  if (isMysql(store)) return countRows(store.provider)
  const { provider } = store
  if (provider.name === 'memory') {
    return note(
      NO_FIGURES,
      'This is a memory store: the pages are in the memory of the web server; see its debug page.',
    )
  }
  if (provider.usage === undefined) return note(NO_FIGURES, `${ofOwnKind(store)}, which keeps no such figures.`)
  const { pages, bytes, note: remark } = await provider.usage()
  const phrases = [
    ...(pages === undefined ? [] : [count(pages, 'page')]),
    ...(bytes === undefined ? [] : [count(bytes, 'byte')]),
  ]
  const sentences = [
    ...(phrases.length === 0 ? [] : [`${phrases.join(', ')}.`]),
    ...(remark === undefined ? [] : [printable(remark)]),
  ]
  const facts = { ...NO_FIGURES, ...(pages !== undefined && { pages }), ...(bytes !== undefined && { bytes }) }
  return note({ ...facts, ...(remark !== undefined && { note: remark }) }, sentences.join(' '))
}

async function countRows(provider: MysqlProvider): Promise<Outcome> {
  const { pages, bytes, expiredPages } = await provider.stats()
  const expired = `${count(expiredPages, 'page')} of them expired`
  return note({ pages, bytes, expiredPages }, `${count(pages, 'page')}, ${count(bytes, 'byte')}, ${expired}.`)
}

/** A failure that the store's provider reports, as one of the command. */
export function storeFailure(cause: unknown): CommandFailure {
  return failure(
    reasonOf(cause),
    'Mend that and call again; where the table is missing, `facsimile store init` makes it.',
    { cause },
  )
}

function judge(problems: readonly string[], praise: string): Outcome {
  const isHealthy = problems.length === 0
  return {
    lines: isHealthy ? [praise] : problems.flatMap((problem) => problem.split('\n').map(printable)),
    facts: { problems },
    ...(!isHealthy && {
      problem: failure(
        `the store has ${count(problems.length, 'problem')}`,
        'Mend what is said above, and check again.',
      ),
    }),
  }
}

function nothingToMake(store: ChosenStore): Outcome {
  return note({}, `${ofOwnKind(store)}: nothing is to be made for it.`)
}

function note(facts: Outcome['facts'], sentence: string): Outcome {
  return { lines: [sentence], facts }
}

function describeSweep(removedPages: number, isCutShort: boolean): string {
  if (isCutShort)
    return `Removed ${count(removedPages, 'expired page')}, then the time was up: call again for the rest.`
  if (removedPages > 0) return `Removed ${count(removedPages, 'expired page')}.`
  return 'Removed 0 expired pages: there are none, or another server is removing them at this moment.'
}

function ofOwnKind({ provider }: ChosenStore): string {
  const name = printable(provider.name)
  return BUILT_IN.includes(provider.name) ? `This is a ${name} store` : `${name} is a provider of the site's own`
}

/** Whether the provider is ours for MySQL and MariaDB, opened here or by the settings. */
function isMysql(store: ChosenStore): store is ChosenStore & { readonly provider: MysqlProvider } {
  const { name, sweepNow, stats } = store.provider as Partial<MysqlProvider>
  return name === 'mysql' && typeof sweepNow === 'function' && typeof stats === 'function'
}
