// From beacon to recording: fetch the copy, ask for the page anonymously, keep both beside what the visitor saw.
import type { Beacon } from './beacon.js'
import type { Crawler } from './crawler.js'
import type { Recording, Recordings } from './recordings.js'
import { judgeAnonymous, judgeCopy } from './verdict.js'

export interface Intake {
  /** Takes a beacon to work on in the background, or answers `false` when enough are being worked on. */
  accept(beacon: Beacon): boolean
}

export interface IntakeSettings {
  readonly crawler: Crawler
  readonly recordings: Recordings
  readonly onRecording: (recording: Recording) => void
  /** Beacons in work at most. @default 8 */
  readonly maxInWork?: number
  /** Unix milliseconds. */
  readonly now?: () => number
}

export function createIntake(settings: IntakeSettings): Intake {
  const { crawler, recordings, onRecording, maxInWork = 8, now = Date.now } = settings
  let inWork = 0

  async function record(beacon: Beacon): Promise<void> {
    const receivedAt = now()
    // The copy first: the anonymous request is only there for comparison, and the copy does not wait forever.
    const copy = await crawler.fetchCopy(beacon.token, { isPatient: true })
    const anonymous = await crawler.fetchAnonymously(beacon.path)
    const verdicts = { copy: judgeCopy(beacon, copy), anonymous: judgeAnonymous(beacon, anonymous) }
    onRecording(recordings.add({ receivedAt, beacon, copy, anonymous, verdicts }))
  }

  return {
    accept(beacon) {
      if (inWork >= maxInWork) return false
      inWork++
      void record(beacon)
        .catch((error: unknown) => console.error(error))
        .finally(() => inWork--)
      return true
    },
  }
}
