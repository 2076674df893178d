// What `facsimile fetch` saw, for people and as JSON. Tokens are masked in both.
import { maskPageToken } from '@facsimile/core'
import type { Io } from '../io.js'
import { count, createStyles, printable, type Styles } from '../terminal.js'
import type { InsertedPiece, PageDifference } from '@facsimile/core'
import { showFetchUrl, type FetchUrl } from './fetch-url.js'
import type { HttpAnswer } from './http-request.js'
import type { Visit } from './page-visit.js'
import { showUrl } from './shown-url.js'
import type { StoredCopy } from './stored-copy.js'

export interface Crawl {
  readonly visit: Visit
  /** At least one; the first was fetched. */
  readonly fetchUrls: readonly FetchUrl[]
  readonly stored: StoredCopy
  readonly difference: PageDifference
}

const EXCERPT_CHARS = 60

const SOURCE_WORDS = {
  ClickTaleFetchFrom: 'assigned to ClickTaleFetchFrom',
  meta: 'in <meta name="facsimile-fetch-url">',
  literal: 'in a script or an attribute',
} as const

export function describeCrawl(io: Io, crawl: Crawl): string {
  const styles = createStyles(io)
  const { visit, stored, fetchUrls } = crawl
  const [used, ...unused] = fetchUrls
  return [
    styles.title("Visitor's page"),
    `  ${printable(showUrl(visit.answer.url))}`,
    ...visit.redirects.map((redirect) => `  ${styles.faint(`after ${printable(redirect)}`)}`),
    `  ${describeAnswer(visit.answer)}`,
    '',
    styles.title('Fetch URL'),
    ...(used === undefined ? [] : describeFetchUrl(used, visit.answer.url, styles)),
    ...unused.map((fetchUrl) => `  ${styles.faint(`not used: ${printable(showFetchUrl(fetchUrl))}`)}`),
    '',
    styles.title('Stored copy'),
    `  ${describeAnswer(stored.answer)}`,
    `  ${describePage(stored, styles)}`,
    `  ${describeDigest(stored.digest, styles)}`,
    '',
    styles.title('Difference'),
    ...describeDifference(crawl.difference, visit.answer.body, fetchUrls, styles),
    '',
  ].join('\n')
}

export function crawlToJson({ visit, fetchUrls, stored, difference }: Crawl) {
  const { page, digest } = stored
  return {
    visitor: { url: showUrl(visit.answer.url), redirects: visit.redirects, ...answerToJson(visit.answer) },
    fetchUrls: fetchUrls.map(fetchUrlToJson),
    stored: {
      ...answerToJson(stored.answer),
      digest,
      page:
        page === undefined
          ? null
          : { status: page.status, method: page.method, capturedAt: page.capturedAt.toISOString() },
    },
    difference: differenceToJson(difference, visit.answer.body, fetchUrls),
  }
}

export function fetchUrlToJson(fetchUrl: FetchUrl) {
  return { url: showFetchUrl(fetchUrl), source: fetchUrl.source, offset: fetchUrl.offset }
}

export function differenceToJson(difference: PageDifference, page: Buffer, fetchUrls: readonly FetchUrl[]) {
  if (difference.kind !== 'insertions') return difference
  const pieces = difference.pieces.map((piece) => ({ ...piece, excerpt: excerptOf(piece, page, fetchUrls) }))
  return { ...difference, pieces }
}

export function answerToJson({ status, headers, body, elapsedMs }: HttpAnswer) {
  return {
    status,
    contentType: headers.get('content-type') ?? null,
    bytes: body.length,
    elapsedMs: Math.round(elapsedMs),
  }
}

export function describeAnswer({ status, statusText, headers, body, elapsedMs }: HttpAnswer): string {
  const contentType = headers.get('content-type') ?? 'no content type'
  return printable(
    `${status} ${statusText} · ${contentType} · ${count(body.length, 'byte')} · ${Math.round(elapsedMs)} ms`,
  )
}

export function describeFetchUrl(fetchUrl: FetchUrl, pageUrl: URL, styles: Styles): string[] {
  const place = `${SOURCE_WORDS[fetchUrl.source]}, at byte ${fetchUrl.offset} of the page`
  const host = fetchUrl.url.host === pageUrl.host ? '' : `; on another host than the page: ${fetchUrl.url.host}`
  return [`  ${printable(showFetchUrl(fetchUrl))}`, `  ${styles.faint(printable(place + host))}`]
}

function describePage({ page }: StoredCopy, styles: Styles): string {
  if (page === undefined) return styles.bad('no Facsimile-Page header: is it the fetcher that answered?')
  return printable(
    `captured ${page.capturedAt.toISOString()}, when the page answered ${page.method} with ${page.status}`,
  )
}

function describeDigest(digest: StoredCopy['digest'], styles: Styles): string {
  if (digest === 'verified') return styles.good('Repr-Digest verified (sha-256)')
  return digest === 'absent'
    ? styles.faint('no Repr-Digest with sha-256 to verify')
    : styles.bad('Repr-Digest does not fit these bytes')
}

export function describeDifference(
  difference: PageDifference,
  page: Buffer,
  fetchUrls: readonly FetchUrl[],
  styles: Styles,
): string[] {
  if (difference.kind === 'identical') return [`  ${styles.good('identical: byte for byte what the visitor got')}`]
  if (difference.kind === 'differs')
    return [`  ${styles.bad(`differs from byte ${difference.offset}, and not by insertions alone`)}`]
  const { pieces } = difference
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const where = pieces.map((piece) => `at byte ${piece.offset}, ${count(piece.length, 'byte')}`)
  const width = Math.max(...where.map((text) => text.length))
  return [
    `  ${styles.good("the visitor's page is the stored copy")} and ${count(pieces.length, 'inserted piece')}, ${count(total, 'byte')} in all`,
    ...pieces.map(
      (piece, index) => `  ${(where[index] ?? '').padEnd(width)}  ${styles.faint(excerptOf(piece, page, fetchUrls))}`,
    ),
  ]
}

/** The first 60 characters, escaped, with every token masked before anything is cut off. */
export function excerptOf({ offset, length }: InsertedPiece, page: Buffer, fetchUrls: readonly FetchUrl[]): string {
  let text = page.subarray(offset, offset + length).toString()
  for (const { token } of fetchUrls) if (token !== undefined) text = text.replaceAll(token, maskPageToken(token))
  const escaped = printable(text)
  return escaped.length > EXCERPT_CHARS ? `${escaped.slice(0, EXCERPT_CHARS)}…` : escaped
}
