// The recordings of Replay desk: the newest ones, in memory.
import type { Beacon } from './beacon.js'
import type { FetchResult } from './crawler.js'
import type { Verdict } from './verdict.js'

export interface Recording {
  readonly id: number
  /** Unix milliseconds at which the beacon came. */
  readonly receivedAt: number
  readonly beacon: Beacon
  /** What the fetch URL gave: the copy that Facsimile kept. */
  readonly copy: FetchResult
  /** What the page's address gives to a crawler without a session. */
  readonly anonymous: FetchResult
  readonly verdicts: { readonly copy: Verdict; readonly anonymous: Verdict }
  /** What the same token gave when it was tried again, the last time somebody did. */
  readonly refetch?: { readonly at: number; readonly result: FetchResult }
}

export interface Recordings {
  add(recording: Omit<Recording, 'id' | 'refetch'>): Recording
  find(id: number): Recording | undefined
  /** Notes the outcome of another try; does nothing when the recording has gone meanwhile. */
  noteRefetch(id: number, at: number, result: FetchResult): void
  newestFirst(): readonly Recording[]
}

/** The oldest recording makes room when there are more than `maxRecordings`. */
export function createRecordings(maxRecordings: number): Recordings {
  const recordings = new Map<number, Recording>()
  let lastId = 0
  return {
    add(fields) {
      const recording = { id: ++lastId, ...fields }
      recordings.set(recording.id, recording)
      recordings.delete(recording.id - maxRecordings)
      return recording
    },
    find: (id) => recordings.get(id),
    noteRefetch(id, at, result) {
      const recording = recordings.get(id)
      if (recording) recordings.set(id, { ...recording, refetch: { at, result } })
    },
    newestFirst: () => [...recordings.values()].reverse(),
  }
}
