// The errors of server and driver that decide what happens next, by number and by code.
import { isNativeError } from 'node:util/types'

export const NO_SUCH_TABLE = 1146
const DEADLOCK = 1213

/** The database rolled the statement back: nothing has happened, and it may be sent again. */
export const START_ANEW: ReadonlySet<number | undefined> = new Set([DEADLOCK])

/** Too long for the server, in this way or that. */
export const TOO_LARGE: ReadonlySet<number | undefined> = new Set([1118, 1153, 1406])

const READ_ONLY: ReadonlySet<number | undefined> = new Set([1290, 1792, 1836])

// Shutting down, interrupted, killed, forgotten.
const LOST_NUMBERS: ReadonlySet<number | undefined> = new Set([1053, 1317, 1927, 3169, 4031])

interface DriverError {
  readonly errno?: unknown
  readonly code?: unknown
  readonly sqlState?: unknown
  readonly fatal?: unknown
  readonly message: string
}

/** The server's number of an error, such as 1146; `undefined` for errors that the server did not send. */
export function numberOf(error: unknown): number | undefined {
  const { errno, sqlState } = driverError(error)
  return typeof errno === 'number' && sqlState !== undefined ? errno : undefined
}

/** The driver's or the system's code of an error, such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  const { code } = driverError(error)
  return typeof code === 'string' ? code : undefined
}

export function messageOf(error: unknown): string {
  return driverError(error).message
}

/** The server takes no writes, as after a failover; another connection may lead to another server. */
export function isReadOnly(error: unknown): boolean {
  return READ_ONLY.has(numberOf(error))
}

/** The connection is gone, or of no more use. */
export function isLoss(error: unknown): boolean {
  const number = numberOf(error)
  return number === undefined || LOST_NUMBERS.has(number) || driverError(error).fatal === true
}

function driverError(error: unknown): DriverError {
  return isNativeError(error) ? error : { message: String(error) }
}
