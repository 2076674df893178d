// From a location such as rediss://user:password@cache.example:6380/2?prefix=shop: to the server or Sentinels it names.
import { isIPv6 } from 'node:net'
import { FacsimileError } from '../../errors.js'
import { maskLocation } from '../../mask-location.js'
import { findPrefixFault, findTimeoutFault } from './redis-settings.js'

export interface RedisLocation {
  /** The server, or the Sentinels that know it; at least one. */
  readonly hosts: readonly RedisHost[]
  /** The name by which the Sentinels know the server; none: `hosts` holds the server itself. */
  readonly masterName?: string
  /** Encrypted, and the server's certificate is checked. */
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  readonly db: number
  readonly prefix?: string
  readonly timeoutMs?: number
}

interface RedisHost {
  readonly host: string
  readonly port: number
}

export const REDIS_LOCATION_FORMS = [
  'redis://[user[:password]@]host[:port][/db]',
  'rediss://… for TLS',
  'redis+sentinel://[user:password@]host[:port],host2[:port]/masterName[/db]',
  'rediss+sentinel://… for TLS',
] as const

const SCHEME = /^(rediss?)(\+sentinel)?:/i
// An @ stands before the hosts only: behind them it would be a part of a password that holds a / or ?.
const PARTS = /^\/\/(?:(?<user>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<path>[^?#@]*))?(?:\?(?<query>[^#@]*))?$/
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/

const REDIS_PORT = 6379
const SENTINEL_PORT = 26_379
const MOST_PORT = 65_535

/** Whether `location` has one of the schemes `redis`, `rediss`, `redis+sentinel` and `rediss+sentinel`. */
export function isRedisLocation(location: string): boolean {
  return SCHEME.test(location)
}

/**
 * User, password, master name and parameters may be percent-encoded, and must be where they hold `/ ? # @ :`; an IPv6
 * host stands in brackets. User and password are those of Redis, never of the Sentinels. The only parameters are
 * `prefix` and `timeoutMs`. Throws `LOCATION_INVALID` with what is wrong and the right forms; passwords are masked.
 */
export function parseRedisLocation(location: string): RedisLocation {
  try {
    return parse(location)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const shown = JSON.stringify(maskLocation(location))
    const forms = `${REDIS_LOCATION_FORMS.join(', ')}; parameters are ?prefix= and &timeoutMs=`
    throw new FacsimileError('LOCATION_INVALID', `the redis location ${shown} ${error.message}; write ${forms}`)
  }
}

/** What is wrong, in words that continue "the location". */
class Fault extends Error {}

function parse(location: string): RedisLocation {
  const [scheme, encryption, sentinel] = SCHEME.exec(location) ?? []
  if (scheme === undefined) throw new Fault('has another scheme')
  const { user, hosts, path, query } = PARTS.exec(location.slice(scheme.length))?.groups ?? {}
  if (hosts === undefined) {
    throw new Fault('cannot be read (in a user, password or parameter, / ? # @ are written %2F %3F %23 %40)')
  }
  const viaSentinels = sentinel !== undefined
  return {
    hosts: parseHosts(hosts, viaSentinels),
    ...parsePath(path ?? '', viaSentinels),
    tls: encryption?.toLowerCase() === 'rediss',
    ...parseUser(user),
    ...parseParameters(query),
  }
}

function parseUser(user: string | undefined): Pick<RedisLocation, 'username' | 'password'> {
  if (user === undefined) return {}
  if (user.includes('@')) throw new Fault('has an @ in its user or password, which is written %40')
  const colon = user.indexOf(':')
  const name = decode('user', colon === -1 ? user : user.slice(0, colon))
  const password = colon === -1 ? '' : decode('password', user.slice(colon + 1))
  if (name !== '') return { username: name, password }
  if (password === '') throw new Fault('has an @ but names no user and no password')
  return { password }
}

function parseHosts(hosts: string, viaSentinels: boolean): RedisHost[] {
  const listed = hosts.split(',')
  if (listed.length > 1 && !viaSentinels) throw new Fault('names several hosts, which only Sentinels may be')
  return listed.map((host) => parseHost(host, viaSentinels ? SENTINEL_PORT : REDIS_PORT))
}

function parseHost(text: string, defaultPort: number): RedisHost {
  const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? []
  const host = bracketed ?? name
  if (host === undefined) throw new Fault(`has the host ${JSON.stringify(text)} (an IPv6 address stands in brackets)`)
  if (host === '') throw new Fault('names no host')
  const wellFormed = bracketed === undefined ? HOST_NAME.test(host) : isIPv6(host)
  if (!wellFormed) throw new Fault(`has the host ${JSON.stringify(host)}, which is no host name or address`)
  const port = digits === undefined ? defaultPort : Number(digits)
  if (digits !== undefined && !(/^\d{1,5}$/.test(digits) && port >= 1 && port <= MOST_PORT)) {
    // Not shown: without an @ it may be somebody's password.
    throw new Fault(`has a port that is no number from 1 to ${MOST_PORT}`)
  }
  return { host, port }
}

function parsePath(path: string, viaSentinels: boolean): Pick<RedisLocation, 'masterName' | 'db'> {
  if (!viaSentinels) return { db: parseDb(path) }
  const slash = path.indexOf('/')
  const masterName = decode('master name', slash === -1 ? path : path.slice(0, slash))
  if (masterName === '') throw new Fault('names no master after the hosts')
  return { masterName, db: parseDb(slash === -1 ? '' : path.slice(slash + 1)) }
}

function parseDb(text: string): number {
  if (text === '') return 0
  if (!/^\d{1,5}$/.test(text)) throw new Fault(`has the database ${JSON.stringify(text)}, which is no number`)
  return Number(text)
}

function parseParameters(query: string | undefined): Pick<RedisLocation, 'prefix' | 'timeoutMs'> {
  const found = new Map<string, string>()
  for (const pair of query === undefined || query === '' ? [] : query.split('&')) {
    const [name = '', ...rest] = pair.split('=')
    if (name !== 'prefix' && name !== 'timeoutMs') throw new Fault(`has the unknown parameter ${JSON.stringify(name)}`)
    if (found.has(name)) throw new Fault(`has the parameter ${name} twice`)
    found.set(name, decode(name, rest.join('=')))
  }
  const prefix = found.get('prefix')
  const digits = found.get('timeoutMs')
  const timeoutMs = digits === undefined ? undefined : /^\d+$/.test(digits) ? Number(digits) : digits
  const prefixFault = prefix === undefined ? undefined : findPrefixFault(prefix)
  if (prefixFault !== undefined) throw new Fault(`is not usable: ${prefixFault}`)
  const timeoutFault = timeoutMs === undefined ? undefined : findTimeoutFault(timeoutMs)
  if (timeoutFault !== undefined) throw new Fault(`is not usable: ${timeoutFault}`)
  return { ...(prefix !== undefined && { prefix }), ...(typeof timeoutMs === 'number' && { timeoutMs }) }
}

function decode(what: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Fault(`has a % in its ${what} that starts no percent-encoded character; write it %25`)
  }
}
