// How much waits in the store, as far as its provider tells.
import { maskLocation, type CacheProvider, type CacheUsage, type Settings } from '@facsimile/core'
import { answerWithin } from './answer-within.js'
import { formatCount } from './formats.js'

export interface StoreUsage extends CacheUsage {
  /** Whether the next pages, or some more of them, will drive out the oldest. */
  readonly isFull: boolean
}

/** From this part of a bound on, the store counts as full. */
const FULL = 0.95

/** `undefined` where nothing is stored, or the provider cannot tell. Never rejects. */
export async function askUsage(
  provider: CacheProvider | undefined,
  { disableCache }: Settings,
): Promise<StoreUsage | undefined> {
  if (disableCache || provider?.usage === undefined) return undefined
  const { pages, bytes, maxPages, maxBytes, note } = await answerWithin(
    async () => (await provider.usage?.()) ?? {},
    (reason): CacheUsage => ({ note: reason }),
  )
  return {
    ...numbers({ pages, bytes, maxPages, maxBytes }),
    ...(typeof note === 'string' && { note: maskLocation(note) }),
    isFull: isFull(pages, maxPages) || isFull(bytes, maxBytes),
  }
}

/** Such as `12 of at most 10,000 pages`, one phrase per number that is known. */
export function phrasesOf({ pages, bytes, maxPages, maxBytes }: CacheUsage): readonly string[] {
  return [
    ...(pages === undefined ? [] : [`${atMost(pages, maxPages)}${(maxPages ?? pages) === 1 ? 'page' : 'pages'}`]),
    ...(bytes === undefined ? [] : [`${atMost(bytes, maxBytes)}bytes`]),
  ]
}

function atMost(count: number, most: number | undefined): string {
  return most === undefined ? `${formatCount(count)} ` : `${formatCount(count)} of at most ${formatCount(most)} `
}

function isFull(count: number | undefined, most: number | undefined): boolean {
  return count !== undefined && most !== undefined && count >= most * FULL
}

/** A provider of somebody else's may answer anything. */
function numbers(usage: Readonly<Record<string, unknown>>): CacheUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => Number.isSafeInteger(value)))
}
