// Reads and edits a response's headers where they may still be arguments of writeHead().
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Response } from './http-types.js'

/** What writeHead() takes: an object, a flat list of names and values, or a list of pairs. */
export type HeadersArgument = OutgoingHttpHeaders | readonly unknown[]

export interface HeadArguments {
  readonly statusCode: number
  readonly statusMessage: string | undefined
  readonly headers: HeadersArgument | undefined
}

/** Tells the three forms of writeHead(statusCode, statusMessage?, headers?) apart. */
export function readHeadArguments(args: readonly unknown[]): HeadArguments {
  const [statusCode, second, third] = args
  const statusMessage = typeof second === 'string' ? second : undefined
  const headers = (statusMessage === undefined ? (third ?? second) : third) as HeadersArgument | undefined | null
  // Node reads the status as an integer of 32 bits.
  return { statusCode: Number(statusCode) | 0, statusMessage, headers: headers ?? undefined }
}

/** A header's value as it will be sent, several lines joined by a comma; `undefined` when there is none. */
export type HeaderReader = (lowerCaseName: string) => string | undefined

export function createHeaderReader(res: Response, headers: HeadersArgument | undefined): HeaderReader {
  const given = headers === undefined ? undefined : readHeaders(headers)
  // All at once: under Express each question to the response itself costs a microsecond.
  const current = res.getHeaders()
  return (name) => {
    const value = given?.get(name) ?? current[name]
    return value === undefined ? undefined : asText(value)
  }
}

/** By lower-case names; what a list repeats is joined, what an object repeats in another case counts once. */
function readHeaders(headers: HeadersArgument): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of headerPairs(headers)) {
    const key = name.toLowerCase()
    const known = isList(headers) ? values.get(key) : undefined
    values.set(key, known === undefined ? asText(value) : `${known}, ${asText(value)}`)
  }
  return values
}

/**
 * Sets the headers that were given to writeHead() one by one, so that they can be edited. A name that a list repeats
 * keeps all of its values (Set-Cookie). Throws what Node would throw for a header that cannot be sent.
 */
export function mergeHeaders(res: Response, headers: HeadersArgument | undefined): void {
  if (headers === undefined) return
  const seen = new Set<string>()
  for (const [name, value] of headerPairs(headers)) {
    const key = name.toLowerCase()
    if (seen.has(key)) res.appendHeader(name, value as string | string[])
    // A list is copied, because what follows may be appended to it.
    else res.setHeader(name, Array.isArray(value) ? [...value] : value)
    seen.add(key)
  }
}

function headerPairs(headers: HeadersArgument): readonly (readonly [string, OutgoingHttpHeader])[] {
  if (!isList(headers)) return Object.entries(headers) as [string, OutgoingHttpHeader][]
  if (Array.isArray(headers[0])) return headers as [string, OutgoingHttpHeader][]
  const pairs: [string, OutgoingHttpHeader][] = []
  for (let at = 0; at < headers.length; at += 2) {
    pairs.push([String(headers[at]), headers[at + 1] as OutgoingHttpHeader])
  }
  return pairs
}

function isList(headers: HeadersArgument): headers is readonly unknown[] {
  return Array.isArray(headers)
}

function asText(value: OutgoingHttpHeader): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** Adds names to Vary, whose value is `current`, that it does not hold yet. */
export function addVary(res: Response, current: string | undefined, names: readonly string[]): void {
  if (current === undefined) {
    res.setHeader('Vary', names.join(', '))
    return
  }
  const known = current
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  if (known.includes('*')) return
  const missing = names.filter((name) => !known.includes(name.toLowerCase()))
  if (missing.length > 0) res.setHeader('Vary', [current, ...missing].filter((part) => part !== '').join(', '))
}
