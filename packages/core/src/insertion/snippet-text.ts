// The text for one place of a page: one piece, or several of which the page may do without some.
import type { MarkerWatch } from './marker-watch.js'

interface SnippetPart {
  readonly html: Buffer
  /** The part is left out when the page contains this before the part's place. */
  readonly unlessPageContains?: Buffer | undefined
}

/** A list only where a marker is in play. */
export type SnippetText = Buffer | readonly SnippetPart[]

/** Whether no marker is in play. */
export function isWhole(text: SnippetText | undefined): text is Buffer | undefined {
  return text === undefined || text instanceof Uint8Array
}

/** The most that the text can come to. */
export function byteLengthOf(text: SnippetText | undefined): number {
  return isWhole(text) ? (text?.length ?? 0) : text.reduce((sum, { html }) => sum + html.length, 0)
}

/** Adds to `out` what of the text the page is to have, as far as `watch` has looked at it. */
export function giveText(text: SnippetText | undefined, watch: MarkerWatch | undefined, out: Buffer[]): void {
  if (isWhole(text)) {
    if (text !== undefined) out.push(text)
    return
  }
  for (const { html, unlessPageContains } of text) {
    if (unlessPageContains === undefined || watch?.hasSeen(unlessPageContains) !== true) out.push(html)
  }
}
