// The visitor's request, put together from the options of the command line.
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { valueOrFile } from '../bounded-input.js'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'

export interface VisitorOptions {
  readonly cookie?: string
  readonly header?: readonly string[]
  readonly method?: string
  readonly data?: string
  readonly maxBytes: number
}

export interface VisitorRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly cookie: string
  readonly body?: Buffer
}

const MAX_HEADER_BYTES = 16_384
export const VISITOR_USER_AGENT = 'Mozilla/5.0 (compatible; facsimile)'
/** Headers that say how the message itself is framed; a wrong one would break it. */
const OUR_HEADERS = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'cookie',
])

/** Reads what the options hold or point to. Throws a usage failure for what cannot be sent. */
export async function readVisitorRequest(io: Io, options: VisitorOptions): Promise<VisitorRequest> {
  const body = options.data === undefined ? undefined : await valueOrFile(io, '--data', options.data, options.maxBytes)
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  if (method === 'GET' && body !== undefined)
    throw usageFailure('--data was given with --method GET', 'Leave one of them out.')
  const cookie =
    options.cookie === undefined
      ? ''
      : (await valueOrFile(io, '--cookie', options.cookie, MAX_HEADER_BYTES)).toString('latin1').trim()
  const headers: Record<string, string | readonly string[]> = {
    'user-agent': VISITOR_USER_AGENT,
    accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    'accept-encoding': 'identity',
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(await readHeaders(io, options.header ?? [])),
  }
  return { method, headers, cookie, ...(body === undefined ? {} : { body }) }
}

async function readHeaders(io: Io, values: readonly string[]): Promise<Record<string, readonly string[]>> {
  const headers = new Map<string, string[]>()
  for (const value of values) {
    const lines = (await valueOrFile(io, '--header', value, MAX_HEADER_BYTES)).toString('latin1')
    for (const line of value.startsWith('@') ? lines.split(/\r?\n/).filter((text) => text.trim() !== '') : [lines]) {
      const [name, text] = parseHeader(line)
      headers.set(name, [...(headers.get(name) ?? []), text])
    }
  }
  return Object.fromEntries(headers)
}

function parseHeader(line: string): [string, string] {
  const colonAt = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colonAt)).trim().toLowerCase()
  const value = line.slice(colonAt + 1).trim()
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (cause) {
    throw usageFailure(`--header has a line that is no header (${reasonOf(cause)})`, "Write it as 'Name: value'.", {
      cause,
    })
  }
  if (OUR_HEADERS.has(name))
    throw usageFailure(
      `--header cannot set ${JSON.stringify(name)}`,
      name === 'cookie' ? 'Use --cookie.' : 'It is set as the request needs it.',
    )
  return [name, value]
}
