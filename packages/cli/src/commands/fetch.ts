// `facsimile fetch`: visits a page, then fetches its stored copy as the tracking service's crawler does.
import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { comparePages } from '@facsimile/core'
import { createCookieJar } from '../crawl/cookie-jar.js'
import { findFetchUrls } from '../crawl/fetch-url.js'
import { missingFetchUrl } from '../crawl/missing-fetch-url.js'
import { visitPage } from '../crawl/page-visit.js'
import { isPublicAddress } from '../crawl/public-address.js'
import { crawlToJson, describeCrawl, type Crawl } from '../crawl/report.js'
import { fetchStoredCopy } from '../crawl/stored-copy.js'
import { readVisitorRequest, type VisitorOptions, type VisitorRequest } from '../crawl/visitor-request.js'
import { failure, usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { openReplacement, type ReplacementFile } from '../replacement-file.js'
import { robotsPath, robotsPaths } from '../robots/fetch-path.js'
import { readFetchSettings } from '../settings-file.js'

interface FetchOptions extends VisitorOptions {
  readonly path?: string
  readonly config?: string
  readonly timeout: number
  readonly allowPrivate?: true
  readonly out?: string
  readonly visitorOut?: string
  readonly json?: true
}

const DEFAULT_TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 600
const DEFAULT_MAX_BYTES = 20_000_000
const MAX_MAX_BYTES = 1_000_000_000
/** Stored pages are private. */
const PRIVATE_FILE_MODE = 0o600
const CRAWLER_USER_AGENT = 'facsimile crawler'
const HELP = `
It gets the page as a visitor, finds the fetch URL in it, fetches the stored copy and says what was inserted.
The fetcher hands a page out once: a token that was used here is spent for the crawler.
Values that begin with @ are read from a file (@- is standard input), so that secrets stay out of the process list.

Examples:
  facsimile fetch https://www.example.com/
  facsimile fetch https://www.example.com/account --cookie @session.txt --out stored.html
  facsimile fetch http://localhost:3000/search --data 'q=shoes' --json`

export function addFetchCommand(program: Command, io: Io): void {
  program
    .command('fetch')
    .summary("visit a page and fetch its stored copy, as the tracking service's crawler does")
    .description("Visits a page, fetches its stored copy as the tracking service's crawler does, and compares the two.")
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
    .option('--allow-private', 'let a page on the internet lead to a private address')
    .option('-o, --out <file>', 'write the stored bytes to this file')
    .option('--visitor-out <file>', "write the visitor's bytes to this file")
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (pageUrl: string, options: FetchOptions) => runFetch(io, pageUrl, options))
}

async function runFetch(io: Io, pageUrl: string, options: FetchOptions): Promise<void> {
  const url = parsePageUrl(pageUrl)
  const paths =
    options.path === undefined
      ? robotsPaths(await readFetchSettings(io, options.config))
      : [robotsPath(options.path, '--path')]
  const request = await readVisitorRequest(io, options)
  // Opened before the token is spent: a file that cannot be written must not cost the page.
  const outputs = await openOutputs(io, options)
  try {
    const crawl = await crawlPage(url, paths, request, options, outputs)
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify({ ok: problemOf(crawl) === undefined, ...crawlToJson(crawl) }, undefined, 2)}\n`
        : describeCrawl(io, crawl),
    )
    const problem = problemOf(crawl)
    if (problem !== undefined) throw problem
  } finally {
    await outputs.stored?.discard()
    await outputs.visitor?.discard()
  }
}

interface Outputs {
  readonly stored: ReplacementFile | undefined
  readonly visitor: ReplacementFile | undefined
}

async function crawlPage(
  url: URL,
  paths: readonly string[],
  request: VisitorRequest,
  options: FetchOptions,
  outputs: Outputs,
): Promise<Crawl> {
  const jar = createCookieJar(request.cookie)
  const bounds = { timeoutMs: options.timeout * 1000, maxBytes: options.maxBytes }
  const allowPrivate = options.allowPrivate === true
  const visit = await visitPage(url, { ...request, ...bounds, allowPrivate }, jar)
  const page = visit.answer
  await outputs.visitor?.commit(page.body)

  const fetchUrls = findFetchUrls(page.body, page.url, paths)
  const [first] = fetchUrls
  if (first === undefined) throw missingFetchUrl(page, jar)
  const publicOnly = !allowPrivate && isPublicAddress(page.remoteAddress)
  const stored = await fetchStoredCopy(first, { ...bounds, publicOnly, userAgent: CRAWLER_USER_AGENT })
  await outputs.stored?.commit(stored.answer.body)
  return { visit, fetchUrls, stored, difference: comparePages(stored.answer.body, page.body) }
}

function problemOf({ stored, difference }: Crawl) {
  if (stored.digest === 'mismatch') {
    return failure(
      'the stored copy does not fit its Repr-Digest',
      'Something between the fetcher and here changes pages, such as a proxy that compresses or rewrites. Let it leave the fetch path alone.',
    )
  }
  if (difference.kind === 'differs') {
    return failure(
      `the stored copy is another page than the visitor got, from byte ${difference.offset} on`,
      'Something behind the response filter changes pages. Mount it as the outermost middleware; compare --out and --visitor-out.',
    )
  }
  return undefined
}

async function openOutputs(io: Io, { out, visitorOut }: FetchOptions): Promise<Outputs> {
  const visitor =
    visitorOut === undefined ? undefined : await openReplacement(resolve(io.cwd, visitorOut), PRIVATE_FILE_MODE)
  try {
    return {
      visitor,
      stored: out === undefined ? undefined : await openReplacement(resolve(io.cwd, out), PRIVATE_FILE_MODE),
    }
  } catch (error) {
    await visitor?.discard()
    throw error
  }
}

function parsePageUrl(text: string): URL {
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

function numberUpTo(option: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,12}(?:\.\d{1,6})?$/.test(text) && value > 0 && value <= most) return value
    throw usageFailure(`${option} ${JSON.stringify(text)} is no number above 0 and up to ${most}`, 'Give digits alone.')
  }
}

function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}
