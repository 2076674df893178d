// What `fetch`, `explain` and `doctor` ask of the command line alike: the page, and the visitor who asks for it.
import { X509Certificate } from 'node:crypto'
import { Option, type Command } from 'commander'
import { readBounded } from '../bounded-input.js'
import type { RequestBounds } from '../crawl/http-request.js'
import type { VisitorOptions } from '../crawl/visitor-request.js'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'

export interface VisitOptions extends VisitorOptions {
  readonly path?: string
  readonly config?: string
  /** In seconds. */
  readonly timeout: number
  readonly allowPrivate?: true
  readonly ca?: string
  readonly json?: true
}

const DEFAULT_TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 600
const DEFAULT_MAX_BYTES = 20_000_000
const MAX_MAX_BYTES = 1_000_000_000
const MAX_CA_BYTES = 1024 * 1024

/** The sentence that every help has about values from files. */
export const VALUES_FROM_FILES = `Values that begin with @ are read from a file (@- is standard input), so that secrets stay out of the process list.`

/** Adds the argument `<page-url>` and the options of `VisitOptions`. */
export function addVisitOptions(command: Command): Command {
  return command
    .argument('<page-url>', 'the page, http: or https:')
    .option('-b, --cookie <cookies>', "the visitor's cookies: 'a=b; c=d', or @file")
    .option(
      '-H, --header <line>',
      "a header of the visitor's request: 'Name: value', or @file; may be repeated",
      append,
    )
    .addOption(
      new Option('-X, --method <method>', 'method of the visit (default: GET, with --data POST)').choices([
        'GET',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
      ]),
    )
    .option('-d, --data <body>', 'body of the visit, or @file')
    .option('-p, --path <path>', 'the fetch path (default: from the settings, else /facsimile)')
    .option('-c, --config <file>', 'settings: .json, or .js/.mjs with a default export (default: facsimile.config.*)')
    .option(
      '-t, --timeout <seconds>',
      'deadline of each request',
      numberUpTo('--timeout', MAX_TIMEOUT_SECONDS),
      DEFAULT_TIMEOUT_SECONDS,
    )
    .option('--max-bytes <bytes>', 'longest page', numberUpTo('--max-bytes', MAX_MAX_BYTES), DEFAULT_MAX_BYTES)
    .option('--ca <file>', 'certificates of your own authorities, in PEM, to trust beside the public ones')
    .option('--allow-private', 'let a page on the internet lead to a private address')
    .option('--json', 'print the result as JSON')
}

export async function readBounds(io: Io, { timeout, maxBytes, ca }: VisitOptions): Promise<RequestBounds> {
  return { timeoutMs: timeout * 1000, maxBytes, ca: ca === undefined ? undefined : await readAuthorities(io, ca) }
}

async function readAuthorities(io: Io, file: string): Promise<Buffer> {
  const remedy = 'Give a file of certificates in PEM, which begin with -----BEGIN CERTIFICATE-----.'
  try {
    const bytes = await readBounded(io, file, MAX_CA_BYTES)
    if (bytes === undefined) throw new Error(`it is longer than ${MAX_CA_BYTES} bytes`)
    // Node would pass over what is no certificate, and the page would be refused for another reason.
    new X509Certificate(bytes)
    return bytes
  } catch (cause) {
    throw usageFailure(`--ca cannot use ${JSON.stringify(file)}: ${reasonOf(cause)}`, remedy, { cause })
  }
}

/** Throws a usage failure for what is no address of a page. */
export function parsePageUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw usageFailure(
      `${JSON.stringify(text)} is no address of a page`,
      'Give it in full, such as https://www.example.com/account.',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw usageFailure(
      `the address of the page at ${url.host} carries a user name or password`,
      "Give them as --header @file with the line 'Authorization: Basic …'.",
    )
  }
  return url
}

/** Reads a number above 0 and up to `most`; throws a usage failure that names the option. */
function numberUpTo(option: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,12}(?:\.\d{1,6})?$/.test(text) && value > 0 && value <= most) return value
    throw usageFailure(`${option} ${JSON.stringify(text)} is no number above 0 and up to ${most}`, 'Give digits alone.')
  }
}

/** Collects the values of an option that may be repeated. */
export function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}
