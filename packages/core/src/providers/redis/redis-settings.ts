// The settings of the Redis provider, checked once; each fault names the value and the remedy.
import { FacsimileError } from '../../errors.js'

const DEFAULT_PREFIX = 'facsimile:'
const DEFAULT_TIMEOUT_MS = 500
const DEFAULT_MAX_PAGE_BYTES = 64 * 1024 * 1024

const MOST_PREFIX_BYTES = 64
// Calls share timers that end up to 50 ms early.
const LEAST_TIMEOUT_MS = 100
const MOST_TIMEOUT_MS = 60_000
// The longest value of a Redis with its settings as they came.
const MOST_PAGE_BYTES = 512 * 1024 * 1024

// Braces choose the Cluster slot of a key: all pages would crowd into one.
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNWANTED_IN_PREFIX = /[{}\u0000-\u001f\u007f-\u009f]/

export interface RedisKeySettings {
  /** What the key of every page begins with, up to 64 bytes; applications that share a Redis differ in it. @default 'facsimile:' */
  readonly prefix?: string
  /** How long one call waits for Redis, its connection included, in milliseconds: 100 to 60 000. @default 500 */
  readonly timeoutMs?: number
  /** A longer body is refused with `PAGE_TOO_LARGE` before it is sent. @default 67_108_864 (64 MiB) */
  readonly maxPageBytes?: number
}

/** `settings` with their defaults. Throws `SETTINGS_INVALID`. */
export function resolveKeySettings(settings: RedisKeySettings): Required<RedisKeySettings> {
  const { prefix = DEFAULT_PREFIX, timeoutMs = DEFAULT_TIMEOUT_MS, maxPageBytes = DEFAULT_MAX_PAGE_BYTES } = settings
  const fault = findPrefixFault(prefix) ?? findTimeoutFault(timeoutMs) ?? findPageBytesFault(maxPageBytes)
  if (fault !== undefined) throw new FacsimileError('SETTINGS_INVALID', fault)
  return Object.freeze({ prefix, timeoutMs, maxPageBytes })
}

/** A clause on what is wrong with `prefix`, if anything is. */
export function findPrefixFault(prefix: unknown): string | undefined {
  if (typeof prefix !== 'string') return `prefix is ${show(prefix)}; give a string such as "${DEFAULT_PREFIX}"`
  const shown = `prefix is ${JSON.stringify(prefix)}`
  if (prefix === '') return `${shown}; give a few characters that keep pages apart from other keys`
  if (Buffer.byteLength(prefix) > MOST_PREFIX_BYTES) return `${shown}; give at most ${MOST_PREFIX_BYTES} bytes`
  return UNWANTED_IN_PREFIX.test(prefix) ? `${shown}; leave out braces and control characters` : undefined
}

/** A clause on what is wrong with `timeoutMs`, if anything is. */
export function findTimeoutFault(timeoutMs: unknown): string | undefined {
  return findNumberFault('timeoutMs', timeoutMs, LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS)
}

function findPageBytesFault(maxPageBytes: unknown): string | undefined {
  return findNumberFault('maxPageBytes', maxPageBytes, 1, MOST_PAGE_BYTES)
}

function findNumberFault(name: string, value: unknown, least: number, most: number): string | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return undefined
  return `${name} is ${show(value)}; give a whole number from ${least} to ${most}`
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
