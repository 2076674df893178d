// The one error class of Facsimile, and every code that it carries.
import { isNativeError } from 'node:util/types'

/** Each code with the sentence that the README prints for it. */
export const ERROR_CODES = {
  SETTINGS_INVALID: 'a setting is unknown, has the wrong type or is out of range',
  ADDRESS_INVALID: 'an entry of an address list is no IP address or range',
  LOCATION_INVALID: 'the location of a cache provider cannot be read',
  PAGE_TOO_LARGE: 'a page is larger than the whole cache may be',
  PROVIDER_CLOSED: 'a cache provider was used after close()',
  PROVIDER_FAILED: 'a cache provider could not do what it was asked',
  PROVIDER_TIMEOUT: 'a cache provider did not answer before the deadline',
  PROVIDER_OVERLOADED: 'too many pages are being stored at this moment',
  PROVIDER_PAUSED: 'a cache provider failed repeatedly and is left alone for a few seconds',
  PACKAGE_MISSING: 'an optional package that was asked for is not installed',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** What went wrong, with a stable `code`, a message that names the value and the remedy, and the `cause` if there is one. */
export class FacsimileError extends Error {
  override readonly name = 'FacsimileError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** What was thrown, as an error: anything can be thrown, and somebody else's code does. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error || isNativeError(thrown)
    ? thrown
    : new Error('Something that is no Error was thrown.', { cause: thrown })
}
