// Locations of MySQL and MariaDB: `mysql://user:password@host:port/database?table=pages`.
import { isIP } from 'node:net'
import { FacsimileError } from '../../errors.js'
import { maskLocation } from '../../mask-location.js'
import { isTableName } from './table-name.js'

/** How a location is written. */
export const MYSQL_LOCATION_FORM =
  'mysql://user[:password]@host[:port]/database, followed if need be by ?table=name, createTable=true or false, timeoutMs=number or ssl=verify'

const DEFAULT_PORT = 3306
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?\.?$/

/** Time limits in milliseconds. */
export const LEAST_TIMEOUT_MS = 50
export const MOST_TIMEOUT_MS = 60_000

export interface MysqlLocation {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Whether the connection is encrypted and the server's certificate and name are verified. */
  readonly ssl: boolean
  readonly table?: string
  readonly createTable?: boolean
  readonly timeoutMs?: number
}

/** What a parameter of the query part means; `undefined` for a value that makes no sense. */
type ReadParameter = (value: string) => Partial<MysqlLocation> | undefined

const PARAMETERS: ReadonlyMap<string, ReadParameter> = new Map<string, ReadParameter>([
  ['table', (value) => (isTableName(value) ? { table: value } : undefined)],
  ['createTable', (value) => (/^(true|false)$/.test(value) ? { createTable: value === 'true' } : undefined)],
  [
    'timeoutMs',
    (value) => (isTimeoutMs(Number(value)) && /^\d+$/.test(value) ? { timeoutMs: Number(value) } : undefined),
  ],
  ['ssl', (value) => (value === 'verify' ? { ssl: true } : undefined)],
])

export function isTimeoutMs(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= LEAST_TIMEOUT_MS && (value as number) <= MOST_TIMEOUT_MS
}

/**
 * What `location` says; `mariadb:` is the same as `mysql:`. User, password and database are percent-decoded.
 * Throws `LOCATION_INVALID`, with the password masked, for everything that is not exactly of that form.
 */
export function parseMysqlLocation(location: string): MysqlLocation {
  if (typeof (location as unknown) !== 'string') throw invalid(location, 'is not a string')
  if (!/^(mysql|mariadb):\/\//i.test(location)) throw invalid(location, 'does not begin with mysql:// or mariadb://')
  // What the parser of URLs would drop without a word, or take for the end of the password.
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u0020\\]/.test(location))
    throw invalid(location, 'holds a blank or a backslash; write it as %20 or %5C')
  if (!URL.canParse(location)) throw invalid(location, 'is no URL; write a special character of the password as %XX')
  const url = new URL(location)
  if (url.hash !== '' || location.includes('#')) throw invalid(location, 'holds a #; write it as %23')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!isIP(host) && !HOST_NAME.test(host)) throw invalid(location, 'names no host')
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port)
  if (port === 0) throw invalid(location, 'names port 0')
  const user = decode(url.username)
  const password = decode(url.password)
  const database = /^\/[^/]+$/.test(url.pathname) ? decode(url.pathname.slice(1)) : ''
  if (user === undefined || password === undefined || database === undefined) {
    throw invalid(location, 'holds a % that is not followed by two hexadecimal digits, or a NUL')
  }
  if (user === '') throw invalid(location, 'names no user')
  if (database === '') throw invalid(location, 'does not name exactly one database')
  const parameters = readParameters(location, url)
  // The driver would verify the name `localhost` in place of an address.
  if (parameters.ssl && isIP(host)) {
    throw invalid(location, 'asks for ssl=verify and gives an address; give the host name that the certificate has')
  }
  return Object.freeze({ host, port, user, password, database, ssl: false, ...parameters })
}

function readParameters(location: string, { searchParams }: URL): Partial<MysqlLocation> {
  const found: Partial<MysqlLocation> = {}
  const seen = new Set<string>()
  for (const [name, value] of searchParams) {
    const read = PARAMETERS.get(name)
    if (!read) throw invalid(location, `has an unknown parameter ${JSON.stringify(name)}`)
    if (seen.has(name)) throw invalid(location, `gives ${name} twice`)
    seen.add(name)
    const meaning = read(value)
    if (!meaning) throw invalid(location, `gives ${name} a value that it cannot have`)
    Object.assign(found, meaning)
  }
  return found
}

/** Percent-decoded; `undefined` for what cannot be decoded, or holds a NUL, at which the protocol would cut it. */
function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}

function invalid(location: unknown, problem: string): FacsimileError {
  const shown = typeof location === 'string' ? JSON.stringify(maskLocation(location)) : String(location)
  return new FacsimileError(
    'LOCATION_INVALID',
    `the cache provider location ${shown} ${problem}; write ${MYSQL_LOCATION_FORM}`,
  )
}
