// Knows which head and body-start snippets are still due, and puts each at the place that the scanner finds for it.

import type { MarkerWatch } from './marker-watch.js'
import { giveText, type SnippetText } from './snippet-text.js'

export interface HeadSnippets {
  readonly headStart?: SnippetText | undefined
  readonly headEnd?: SnippetText | undefined
  readonly bodyStart?: SnippetText | undefined
  /** Whether the response's headers say what the charset is. */
  readonly charsetKnown: boolean
}

/** `frameset` is a page without a body; `other-charset` cannot be read byte by byte. */
export type DocumentKind = 'undecided' | 'page' | 'fragment' | 'frameset' | 'other-charset'

/** Offsets are those of the data that `begin` was given. */
export class HeadPlaces {
  /** A fragment gets nothing, so as long as this is `undecided` every snippet waits. */
  kind: DocumentKind = 'undecided'
  /** Whether the head-start snippet waits for a charset declaration, or for the end of the window for one. */
  awaitsCharset = false

  readonly #snippets: HeadSnippets
  readonly #watch: MarkerWatch | undefined
  #headStartDue: boolean
  #headEndDue: boolean
  #bodyStartDue: boolean
  #data: Buffer = Buffer.alloc(0)
  #out: Buffer[] = []
  /** Up to here `#data` has been given to `#out`. */
  #given = 0

  /** `watch` looks at all bytes that are given. */
  constructor(snippets: HeadSnippets, watch: MarkerWatch | undefined) {
    this.#snippets = snippets
    this.#watch = watch
    this.#headStartDue = snippets.headStart !== undefined
    this.#headEndDue = snippets.headEnd !== undefined
    this.#bodyStartDue = snippets.bodyStart !== undefined
  }

  get headStartDue(): boolean {
    return this.#headStartDue
  }

  /** Whether all is known and done: then nothing more needs scanning. */
  get settled(): boolean {
    return this.kind === 'page' && !this.#headStartDue && !this.#headEndDue && !this.#bodyStartDue
  }

  /** From now on bytes come from `data` and go to `out`. */
  begin(data: Buffer, out: Buffer[]): void {
    this.#data = data
    this.#out = out
    this.#given = 0
  }

  giveUpTo(at: number): void {
    if (at > this.#given) this.#give(this.#data.subarray(this.#given, at))
    this.#given = at
  }

  placeHeadStart(at: number): void {
    this.#headStartDue = false
    this.awaitsCharset = false
    this.insert(this.#snippets.headStart, at)
  }

  placeBodyStart(at: number): void {
    if (!this.#bodyStartDue) return
    this.#bodyStartDue = false
    this.insert(this.#snippets.bodyStart, at)
  }

  /** The head ends at `at`. */
  endHead(at: number): void {
    if (this.kind !== 'page') return
    if (this.#headStartDue) this.placeHeadStart(at)
    if (!this.#headEndDue) return
    this.#headEndDue = false
    this.insert(this.#snippets.headEnd, at)
  }

  /** Something that only a body can hold stands at `at`, or the page ends there. */
  implyBody(at: number): void {
    if (this.kind === 'page') {
      this.endHead(at)
      this.placeBodyStart(at)
    } else this.kind = 'fragment'
  }

  /** A frameset stands in the body's place at `at`. */
  implyFrameset(at: number): void {
    this.endHead(at)
    this.kind = this.kind === 'page' ? 'frameset' : 'fragment'
  }

  insert(text: SnippetText | undefined, at: number): void {
    this.giveUpTo(at)
    giveText(text, this.#watch, this.#out)
  }

  #give(bytes: Buffer): void {
    this.#watch?.look(bytes)
    this.#out.push(bytes)
  }
}
