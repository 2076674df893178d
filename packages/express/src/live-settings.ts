// Follows the settings file while the process runs: what it holds is tried whole, and put into force or reported.
import { unwatchFile, watchFile } from 'node:fs'
import { toError, type EventSource, type Logger, type Settings } from '@facsimile/core'
import type { SettingsSource } from './settings-source.js'

/** How often the file is looked at. By its state and not by notices of the system: those miss network file systems and replaced links. */
const LOOK_EVERY_MS = 1_000

/** For the debug page. */
export interface SettingsState {
  /** The absolute path; `undefined` where all settings stand in code. */
  readonly file: string | undefined
  /** How many versions have been in force, this one included. */
  readonly version: number
  /** When this one came into force, in milliseconds since 1970. */
  readonly since: number
  /** Why the file that is there now is not in force. */
  readonly error: Error | undefined
}

export interface LiveSettings {
  readonly state: SettingsState
  /** Reads the file now. Rejects when it cannot be used; the settings before stay in force. */
  reload: () => Promise<void>
  /** From now on nothing comes into force any more, also not what is being read. */
  close(): void
}

export interface LiveSettingsParts {
  readonly source: SettingsSource
  readonly logger: Logger
  readonly events: EventSource
  readonly now: () => number
  /** Puts settings into force; when it throws, nothing has changed. */
  readonly apply: (settings: Settings) => void
}

export function followSettings({ source, logger, events, now, apply }: LiveSettingsParts): LiveSettings {
  const { file } = source
  let state: SettingsState = { file, version: 1, since: now(), error: undefined }
  let inForce = source.firstText
  let turn: Promise<void> = Promise.resolve()
  let isClosed = false

  function tellOf(next: SettingsState): void {
    state = next
    const { version } = next
    events.publish('facsimile:reloaded', () => ({ version }))
    logger.info({ version }, 'The settings file was read again and is in force.')
  }

  /** Once for each error: a file that is still wrong, and only touched, is no news. */
  function tellOfFailure(error: Error): void {
    const isNews = state.error?.message !== error.message
    state = { ...state, error }
    if (!isNews) return
    events.publish('facsimile:reload-failed', () => ({ error }))
    logger.error({ err: error }, 'The settings file cannot be used; the settings before stay in force.')
  }

  function take(text: string): void {
    if (text !== inForce) {
      apply(source.parse(text))
      inForce = text
      tellOf({ file, version: state.version + 1, since: now(), error: undefined })
    } else if (state.error !== undefined) tellOf({ ...state, error: undefined })
  }

  async function readOnce(): Promise<void> {
    try {
      const text = await source.readText()
      if (!isClosed) take(text)
    } catch (thrown) {
      const error = toError(thrown)
      if (!isClosed) tellOfFailure(error)
      throw error
    }
  }

  /** One after the other, so that the latest content is the one that stays. */
  function reload(): Promise<void> {
    if (isClosed) return turn
    const next = turn.then(readOnce)
    turn = next.catch(() => undefined)
    return next
  }

  // Whoever changed the file is told by log and event.
  const look = () => void reload().catch(() => undefined)
  if (file !== undefined) {
    watchFile(file, { persistent: false, interval: LOOK_EVERY_MS }, look)
    // What was changed after the first reading, and before the first look at its state, would never be seen.
    look()
  }

  return {
    get state() {
      return state
    },
    reload,
    close() {
      isClosed = true
      if (file !== undefined) unwatchFile(file, look)
    },
  }
}
