// Remembers what the events of one Facsimile have told lately: counts since the start, the last hundred one by one, and
// ten minutes of stores and fetches. It costs each event a few additions, and its memory is bounded.
import type { FacsimileEvent, Refusal } from '@facsimile/core'

const MAX_ENTRIES = 100
const BUCKET_MS = 10_000
const BUCKETS = 60
const MAX_ADDRESSES = 5
/** The latest fetches, by whose age the crawler's haste is judged. */
const MAX_AGES = 100

/** One line of the list; the same word for several responses in a row is one line. */
export interface LoggedEvent {
  /** From 1, growing; a line that counts another event gets the next one. */
  readonly id: number
  /** Milliseconds since 1970, of the last one that it counts. */
  readonly at: number
  readonly event: FacsimileEvent
  readonly times: number
}

export interface TimeSlot {
  readonly stored: number
  readonly fetched: number
}

/** What has been counted. */
export interface EventTally {
  /** Milliseconds since 1970. */
  readonly since: number
  /** By the event's name without `facsimile:`, or with a slash and its word: `missed` and `missed/expired`. */
  readonly counts: ReadonlyMap<string, number>
  /** How old pages were when they were fetched, in milliseconds; the latest last. */
  readonly ages: readonly number[]
  /** Clients that the fetcher refused, and the word for it; the latest last. */
  readonly denied: readonly { readonly clientAddress: string | undefined; readonly reason: Refusal }[]
}

export interface EventLog {
  readonly note: (event: FacsimileEvent) => void
  readonly tally: EventTally
  /** Those after `id`, the oldest first. */
  after(id: number): readonly LoggedEvent[]
  /** Ten minutes in slots of ten seconds, the latest last. */
  timeLine(): readonly TimeSlot[]
  /** Calls `listener` after each event in the list; answers what ends that. */
  subscribe(listener: () => void): () => void
}

export function createEventLog(now: () => number): EventLog {
  const since = now()
  const counts = new Map<string, number>()
  const listeners = new Set<() => void>()
  const slots = new Map<number, { stored: number; fetched: number }>()
  let entries: LoggedEvent[] = []
  let ages: number[] = []
  let denied: EventTally['denied'][number][] = []
  let lastId = 0

  function count(event: FacsimileEvent): void {
    const name = event.name.slice('facsimile:'.length)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    const word = wordOf(event)
    if (word !== undefined) counts.set(`${name}/${word}`, (counts.get(`${name}/${word}`) ?? 0) + 1)
  }

  function slotAt(at: number) {
    const index = Math.floor(at / BUCKET_MS)
    let slot = slots.get(index)
    if (slot === undefined) {
      slots.set(index, (slot = { stored: 0, fetched: 0 }))
      for (const old of slots.keys()) if (old <= index - BUCKETS) slots.delete(old)
    }
    return slot
  }

  function list(event: FacsimileEvent, at: number): void {
    const last = entries.at(-1)
    const isSame = event.name === 'facsimile:skipped' && last !== undefined && isSameSkip(last.event, event)
    const entry = { id: ++lastId, at, event, times: isSame ? last.times + 1 : 1 }
    if (isSame) entries[entries.length - 1] = entry
    else entries.push(entry)
    if (entries.length > MAX_ENTRIES) entries = entries.slice(-MAX_ENTRIES)
    listeners.forEach((listener) => listener())
  }

  return {
    note(event) {
      const at = now()
      count(event)
      if (event.name === 'facsimile:stored') slotAt(at).stored += 1
      if (event.name === 'facsimile:fetched') {
        slotAt(at).fetched += 1
        ages = [...ages.slice(1 - MAX_AGES), event.data.ageMs]
      }
      if (event.name === 'facsimile:denied') {
        const { reason, clientAddress } = event.data
        denied = [...denied.filter((other) => other.clientAddress !== clientAddress), { clientAddress, reason }]
        denied = denied.slice(-MAX_ADDRESSES)
      }
      // Each page that leaves with snippets is told of again when it is stored.
      if (event.name !== 'facsimile:injected') list(event, at)
    },
    get tally() {
      return { since, counts: new Map(counts), ages, denied }
    },
    after: (id) => entries.filter((entry) => entry.id > id),
    timeLine() {
      const latest = Math.floor(now() / BUCKET_MS)
      return Array.from({ length: BUCKETS }, (_, index) => {
        const { stored = 0, fetched = 0 } = slots.get(latest - BUCKETS + 1 + index) ?? {}
        return { stored, fetched }
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function wordOf({ data }: FacsimileEvent): string | undefined {
  return 'reason' in data ? data.reason : undefined
}

function isSameSkip(one: FacsimileEvent, other: FacsimileEvent): boolean {
  return one.name === 'facsimile:skipped' && wordOf(one) === wordOf(other)
}
