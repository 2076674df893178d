// What a failing database is called, and what the owner of the server can do about it.
import { FacsimileError } from '../../errors.js'
import { codeOf, isLoss, isReadOnly, messageOf, numberOf, TOO_LARGE } from './server-errors.js'

/** What was tried, for sentences. */
export interface Attempt {
  /** Such as `store a page`. */
  readonly what: string
  /** Where: host, port and database, never a password. */
  readonly place: string
  /** The table's name. */
  readonly table: string
}

const SEE_ADDRESS = 'See that the server runs there, and that host and port of the location are right.'
const SEE_NAME = 'See that the host name of the location is right and can be resolved on this machine.'
const SEE_NETWORK = 'See that the network and its firewalls let this machine reach the server.'
const SEE_LOGIN =
  'See that user and password are right, that this user may come from this machine, and whether the server demands TLS (ssl=verify).'
const SEE_RIGHTS = 'Grant the user SELECT, INSERT and DELETE on the table, and CREATE where it is to make the table.'
const SEE_LIMIT = 'Raise max_connections of the server (or the limit of this user), or run fewer processes.'
const SEE_DISK = 'See that the disk of the database server is healthy and has room.'
const SEE_TLS = 'See that the server offers TLS with a certificate that names this host and that this machine trusts.'
const TRY_LATER = 'See whether the server runs; the next call connects anew.'
const UNKNOWN_OUTCOME = 'so it is not known whether the statement was carried out'

/** By the server's number: what it means, and the remedy. */
const BY_NUMBER: Readonly<Record<number, readonly [meaning: string, remedy: string]>> = {
  1021: ['the disk of the database server is full', SEE_DISK],
  1030: ['the storage of the database server failed', SEE_DISK],
  1040: ['the server has too many connections', SEE_LIMIT],
  1044: ['the user has no access to the database', SEE_RIGHTS],
  1045: ['the server refused user and password', SEE_LOGIN],
  1049: ['there is no such database', 'Create the database, or name another one in the location.'],
  1114: ['the table or its disk is full', SEE_DISK],
  1129: ['the server has blocked this machine after too many errors', 'Run FLUSH HOSTS on the server.'],
  1130: ['the server lets nobody in from this machine', SEE_LOGIN],
  1142: ['the user lacks a right', SEE_RIGHTS],
  1143: ['the user lacks a right', SEE_RIGHTS],
  1203: ['the user has too many connections', SEE_LIMIT],
  1205: [
    'another transaction holds a lock on the page',
    'See what keeps a transaction open on the table of the pages.',
  ],
  1213: ['the statement lost against others again and again', 'See what else writes to the table of the pages.'],
  1226: ['the user has used up what the server grants it', SEE_LIMIT],
  1227: ['the user lacks a right', SEE_RIGHTS],
  1251: ['server and driver have no way to authenticate in common', SEE_LOGIN],
  1698: ['the server refused user and password', SEE_LOGIN],
  3159: ['the server demands TLS', 'Add ssl=verify to the location, or give the pool its ssl setting.'],
}

const BY_CODE: Readonly<Record<string, readonly [meaning: string, remedy: string]>> = {
  ECONNREFUSED: ['the connection was refused', SEE_ADDRESS],
  ENOTFOUND: ['the host name is unknown', SEE_NAME],
  EAI_AGAIN: ['the host name could not be resolved', SEE_NAME],
  EHOSTUNREACH: ['the host cannot be reached', SEE_NETWORK],
  ENETUNREACH: ['the network cannot be reached', SEE_NETWORK],
  HANDSHAKE_NO_SSL_SUPPORT: ['the server offers no TLS', SEE_TLS],
  HANDSHAKE_SSL_ERROR: ['the TLS handshake failed', SEE_TLS],
}

const BY_MESSAGE: readonly (readonly [pattern: RegExp, meaning: string, remedy: string])[] = [
  [
    /queue limit/i,
    'too many calls are waiting for a connection',
    'See why the database is slow, or run more processes.',
  ],
  [/pool is closed/i, 'the pool that was given is closed', 'Close the provider before its pool.'],
  [/certificate|altname/i, 'the certificate of the server cannot be trusted', SEE_TLS],
]

/** No connection in time, or a connection that could not be made. */
export function connectFailure(attempt: Attempt, error: unknown): FacsimileError {
  const tried = `could not ${attempt.what}: it could not connect to ${attempt.place}`
  if (isTimeout(error)) {
    const why = `no connection was made or became free in time (${messageOf(error)})`
    return failure('PROVIDER_TIMEOUT', tried, why, `${SEE_NETWORK} Or raise timeoutMs.`, error)
  }
  const [meaning, remedy] = explain(error) ?? ['the connection was lost before it was ready', TRY_LATER]
  return failure('PROVIDER_FAILED', tried, `${meaning} (${shownCode(error)})`, remedy, error)
}

/** A statement that failed; errors of our own stay as they are. */
export function statementFailure(attempt: Attempt, error: unknown): FacsimileError {
  const tried = `could not ${attempt.what} in ${attempt.place}`
  if (isTimeout(error)) {
    const why = `the database gave ${messageOf(error)}, ${UNKNOWN_OUTCOME}`
    return failure('PROVIDER_TIMEOUT', tried, why, 'See why the database is slow, or raise timeoutMs.', error)
  }
  if (error instanceof FacsimileError) return error
  const code = shownCode(error)
  if (TOO_LARGE.has(numberOf(error))) {
    const remedy = 'Raise max_allowed_packet and the size of the redo log, or lower maxPageBytes.'
    return failure('PAGE_TOO_LARGE', tried, `the page is too large for the database (${code})`, remedy, error)
  }
  if (isReadOnly(error)) {
    const remedy = 'Name the server that takes writes, or switch its read_only off.'
    return failure('PROVIDER_FAILED', tried, `the server is read-only (${code})`, remedy, error)
  }
  const known = explain(error)
  if (!known && isLoss(error)) {
    const why = `the connection was lost while a statement was under way (${code}), ${UNKNOWN_OUTCOME}`
    return failure('PROVIDER_FAILED', tried, why, TRY_LATER, error)
  }
  const [meaning, remedy] = known ?? [
    'the database refused the statement',
    `See that the table ${JSON.stringify(attempt.table)} is as mysqlTableDdl() describes it.`,
  ]
  return failure('PROVIDER_FAILED', tried, `${meaning} (${code})`, remedy, error)
}

function explain(error: unknown): readonly [meaning: string, remedy: string] | undefined {
  const number = numberOf(error)
  const known = number === undefined ? BY_CODE[codeOf(error) ?? ''] : BY_NUMBER[number]
  if (known || number !== undefined) return known
  const [, meaning, remedy] = BY_MESSAGE.find(([pattern]) => pattern.test(messageOf(error))) ?? []
  return meaning === undefined || remedy === undefined ? undefined : [meaning, remedy]
}

function isTimeout(error: unknown): boolean {
  if (error instanceof FacsimileError) return error.code === 'PROVIDER_TIMEOUT'
  return codeOf(error) === 'ETIMEDOUT'
}

/** The code, never the message: that may hold what a statement was about. */
function shownCode(error: unknown): string {
  const number = numberOf(error)
  const code = codeOf(error) ?? 'unknown error'
  return number === undefined ? code : `${code}, ${number}`
}

function failure(
  code: 'PROVIDER_FAILED' | 'PROVIDER_TIMEOUT' | 'PAGE_TOO_LARGE',
  tried: string,
  why: string,
  remedy: string,
  cause: unknown,
): FacsimileError {
  return new FacsimileError(code, `The mysql cache provider ${tried}: ${why}. ${remedy}`, { cause })
}
