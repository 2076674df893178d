// New settings in the making: what old ones become, and what has to be told about it.
import type { PhpConfig, PhpValue } from './php-config.js'

export interface Note {
  /** The old key, or what of a snippet is meant. */
  readonly key: string
  /** Where it stands, such as `config.php:12`. */
  readonly place?: string
  readonly text: string
}

export interface Draft {
  /** In the form of createFacsimile's settings. */
  readonly settings: Record<string, unknown>
  /** What has no place in the new settings, and why. */
  readonly unmapped: Note[]
  /** What was dangerous or is different now. */
  readonly warnings: Note[]
}

export function createDraft(): Draft {
  return { settings: {}, unmapped: [], warnings: [] }
}

/** One old key on its way: its value, its neighbours, and where to put what comes of it. */
export interface Step {
  readonly key: string
  readonly value: PhpValue
  readonly config: PhpConfig
  readonly set: (setting: string, value: unknown) => void
  readonly leave: (reason: string) => void
  readonly warn: (text: string) => void
}

export function createStep(draft: Draft, config: PhpConfig, key: string, value: PhpValue, place: string): Step {
  return {
    key,
    value,
    config,
    set: (setting, made) => (draft.settings[setting] = made),
    leave: (text) => draft.unmapped.push({ key, place, text }),
    warn: (text) => draft.warnings.push({ key, place, text }),
  }
}

/** Whether PHP takes `value` for true: every text but "" and "0" is, also "false". */
export function isTrueInPhp(value: PhpValue): boolean {
  if (typeof value === 'object' && value !== null) return value.entries.size > 0
  return value !== '0' && Boolean(value)
}
