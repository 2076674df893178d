// `facsimile fetch`: visits a page, then fetches its stored copy as the tracking service's crawler does.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { comparePages } from '@facsimile/core'
import { createCookieJar } from '../crawl/cookie-jar.js'
import { findFetchUrls } from '../crawl/fetch-url.js'
import type { RequestBounds } from '../crawl/http-request.js'
import { missingFetchUrl } from '../crawl/missing-fetch-url.js'
import { visitPage } from '../crawl/page-visit.js'
import { isPublicAddress } from '../crawl/public-address.js'
import { crawlToJson, describeCrawl, type Crawl } from '../crawl/report.js'
import { fetchStoredCopy } from '../crawl/stored-copy.js'
import { readVisitorRequest, type VisitorRequest } from '../crawl/visitor-request.js'
import { failure } from '../failure.js'
import { fold } from '../folding.js'
import type { Io } from '../io.js'
import { openReplacement, type ReplacementFile } from '../replacement-file.js'
import { robotsPath, robotsPaths } from '../robots/fetch-path.js'
import { readFetchSettings } from '../settings-file.js'
import { addVisitOptions, parsePageUrl, readBounds, VALUES_FROM_FILES, type VisitOptions } from './visit-options.js'

interface FetchOptions extends VisitOptions {
  readonly out?: string
  readonly visitorOut?: string
}

/** Stored pages are private. */
const PRIVATE_FILE_MODE = 0o600
const HELP = `
It gets the page as a visitor, finds the fetch URL in it, fetches the stored copy and says what was inserted.
The fetcher hands a page out once: a token that was used here is spent for the crawler.
${VALUES_FROM_FILES}

Examples:
  facsimile fetch https://www.example.com/
  facsimile fetch https://www.example.com/account --cookie @session.txt --out stored.html
  facsimile fetch http://localhost:3000/search --data 'q=shoes' --json`

export function addFetchCommand(program: Command, io: Io): void {
  const command = program
    .command('fetch')
    .summary("visit a page and fetch its stored copy, as the tracking service's crawler does")
    .description("Visits a page, fetches its stored copy as the tracking service's crawler does, and compares the two.")
  addVisitOptions(command)
    .option('-o, --out <file>', 'write the stored bytes to this file')
    .option('--visitor-out <file>', "write the visitor's bytes to this file")
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
  const bounds = await readBounds(io, options)
  // Opened before the token is spent: a file that cannot be written must not cost the page.
  const outputs = await openOutputs(io, options)
  try {
    const crawl = await crawlPage(
      url,
      paths,
      { ...request, ...bounds, allowPrivate: options.allowPrivate === true },
      outputs,
    )
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify({ ok: problemOf(crawl) === undefined, ...crawlToJson(crawl) }, undefined, 2)}\n`
        : fold(describeCrawl(io, crawl), io.stdout.columns),
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
  visitor: VisitorRequest & RequestBounds & { readonly allowPrivate: boolean },
  outputs: Outputs,
): Promise<Crawl> {
  const { cookie, timeoutMs, maxBytes, ca, allowPrivate } = visitor
  const jar = createCookieJar(cookie)
  const visit = await visitPage(url, visitor, jar)
  const page = visit.answer
  await outputs.visitor?.commit(page.body)

  const fetchUrls = findFetchUrls(page.body, page.url, paths)
  const [first] = fetchUrls
  if (first === undefined) throw missingFetchUrl(page, jar)
  const publicOnly = !allowPrivate && isPublicAddress(page.remoteAddress)
  const stored = await fetchStoredCopy(first, { timeoutMs, maxBytes, ca, publicOnly })
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
