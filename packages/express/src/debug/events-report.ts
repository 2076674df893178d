// The events as they are shown: the latest first, in words; counts; ten minutes of stores and fetches.
import type { EventLog, LoggedEvent, TimeSlot } from './event-log.js'
import { agesText } from './fetch-ages.js'
import { describeEvent, type EventText } from './event-text.js'

export interface EventLine extends EventText {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly times: number
}

export interface EventsReport {
  readonly since: number
  readonly counts: Readonly<Record<string, number>>
  /** Of the latest fetches, in milliseconds, in a sentence. */
  readonly ageAtFetch: string
  /** The latest first. */
  readonly latest: readonly EventLine[]
  /** Slots of ten seconds, the latest last. */
  readonly timeLine: readonly TimeSlot[]
}

export function reportEvents(log: EventLog): EventsReport {
  const { since, counts, ages } = log.tally
  return {
    since,
    counts: Object.fromEntries(counts),
    ageAtFetch: agesText(ages),
    latest: log.after(0).map(lineOf).reverse(),
    timeLine: log.timeLine(),
  }
}

export function lineOf({ id, at, event, times }: LoggedEvent): EventLine {
  return { id, at, times, ...describeEvent(event) }
}
