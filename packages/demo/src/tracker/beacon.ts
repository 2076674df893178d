// What a visitor's browser reports of a page, parsed field by field: it comes from outside.
import type { PageToken } from '@facsimile/core'
import type { Origins } from '../origins.js'
import { parseFetchUrl } from './fetch-target.js'

export interface Beacon {
  readonly token: PageToken
  /** The shop's origin under the name that this visitor used. */
  readonly origin: string
  /** Path and query of the page. */
  readonly path: string
  readonly title: string
  /** Width and height of the visitor's view in CSS pixels. */
  readonly view: { readonly width: number; readonly height: number }
  /** Milliseconds from the head of the page to its load event. */
  readonly loadMs: number
  /** The document as the visitor's browser held it, serialised. */
  readonly snapshot: string
}

/** A beacon's body at most, in bytes. */
export const MAX_BEACON_BYTES = 512 * 1024

const MAX_URL_LENGTH = 2048
const MAX_TITLE_LENGTH = 200
const MAX_NUMBER = 1_000_000

/** The beacon in `body`, or a sentence that says what is wrong with it. */
export function parseBeacon(body: unknown, shop: Origins): Beacon | string {
  if (typeof body !== 'object' || body === null) return 'A beacon is one JSON object.'
  const fields = new Map<string, unknown>(Object.entries(body))

  const fetchUrl = fields.get('fetchUrl')
  const token = isShortUrl(fetchUrl) ? parseFetchUrl(fetchUrl, shop) : undefined
  if (!token) return "fetchUrl must be the shop's own fetch path with one token; Replay desk asks nobody else."

  const pageUrl = fields.get('pageUrl')
  const page = isShortUrl(pageUrl) ? new URL(pageUrl) : undefined
  if (!page || !shop.all.has(page.origin)) return 'pageUrl must be a page of the shop.'

  const [width, height, loadMs] = [fields.get('width'), fields.get('height'), fields.get('loadMs')]
  if (!isCount(width) || !isCount(height) || !isCount(loadMs)) {
    return `width, height and loadMs must be whole numbers from 0 to ${MAX_NUMBER}.`
  }
  const title = fields.get('title')
  const snapshot = fields.get('snapshot')
  if (typeof title !== 'string' || typeof snapshot !== 'string') return 'title and snapshot must be text.'

  return {
    token,
    origin: page.origin,
    path: page.pathname + page.search,
    title: title.slice(0, MAX_TITLE_LENGTH),
    view: { width, height },
    loadMs,
    snapshot,
  }
}

function isShortUrl(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URL_LENGTH && URL.canParse(value)
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_NUMBER
}
