// Reads an XHTML page tag by tag and puts each snippet into its element. In XML every element has an end tag or closes
// itself, so counting tells which one is open, and names matter on the first two levels only.
// Source: XML 1.0 (Fifth Edition). A page that is not well-formed, which browsers refuse, keeps its bytes all the same.
import { HeadPlaces, type DocumentKind, type HeadSnippets } from './head-places.js'
import { NEEDS_MORE } from './head-tree.js'
import {
  BANG,
  DOUBLE_QUOTE,
  endsName,
  GREATER_THAN,
  isSpace,
  LESS_THAN,
  matchWord,
  QUESTION,
  SINGLE_QUOTE,
  SLASH,
} from './markup.js'
import type { MarkerWatch } from './marker-watch.js'
import type { SnippetText } from './snippet-text.js'
import {
  createCdataSkipper,
  createCommentSkipper,
  createDoctypeSkipper,
  createInstructionSkipper,
  type MarkupSkipper,
} from './xml-skipper.js'
import { readXmlStart } from './xml-start.js'

/** No name that matters is longer. */
const MAX_NAME_BYTES = 10

const DECLARATIONS = [
  ['<!--', createCommentSkipper],
  ['<![cdata[', createCdataSkipper],
  ['<!doctype', createDoctypeSkipper],
] as const

export interface XmlSnippets extends HeadSnippets {
  readonly bodyEnd?: SnippetText | undefined
}

type State = 'start' | 'content' | 'tag' | 'skipping'

/** One per response. Once it is done the rest of the page needs no scanning. */
export class XmlScanner {
  readonly #snippets: XmlSnippets
  readonly #places: HeadPlaces
  #bodyEndDue: boolean
  #isDone = false
  #state: State = 'start'
  /** How many elements are open. */
  #depth = 0
  /** The name of the html element's child that is open. */
  #section = ''
  /** Whether the tag that is being read opens an element, or closes one. */
  #opens = false
  #isAfterSlash = false
  /** The quotation mark of the attribute value that is being read, or 0. */
  #quote = 0
  #skipper: MarkupSkipper | undefined
  #data: Buffer = Buffer.alloc(0)

  constructor(snippets: XmlSnippets, watch: MarkerWatch | undefined) {
    this.#snippets = snippets
    this.#places = new HeadPlaces(snippets, watch)
    this.#bodyEndDue = snippets.bodyEnd !== undefined
  }

  get kind(): DocumentKind {
    return this.#places.kind
  }

  isDone(): boolean {
    return this.#isDone
  }

  /** As HeadScanner's: answers how many bytes of `data` may leave, and adds them to `out`. */
  scan(data: Buffer, out: Buffer[]): number {
    this.#data = data
    this.#places.begin(data, out)
    let at = 0
    while (at < data.length && !this.#isDone) {
      const next = this.#step(at)
      if (next === NEEDS_MORE) break
      at = next
    }
    this.#places.giveUpTo(at)
    return at
  }

  /** The page ends, before its html element does: what is still due goes here, unless this is no page. */
  end(out: Buffer[]): void {
    if (this.#isDone) return
    this.#places.begin(Buffer.alloc(0), out)
    if (this.kind === 'undecided') this.#finishAs('fragment')
    else if (this.#state === 'content') this.#placeAll(0)
  }

  /** Handles what stands at `at`; answers where to go on, or NEEDS_MORE. */
  #step(at: number): number {
    switch (this.#state) {
      case 'start':
        return this.#readStart()
      case 'content':
        return this.#data[at] === LESS_THAN ? this.#readMarkup(at) : this.#readText(at)
      case 'tag':
        return this.#readTagRest(at)
      case 'skipping':
        return this.#skipOn(at)
    }
  }

  #readStart(): number {
    const start = readXmlStart(this.#data, this.#snippets.charsetKnown)
    if (start === 'needs-more') return NEEDS_MORE
    if (start === 'other-charset') {
      this.#finishAs('other-charset')
      return 0
    }
    this.#state = 'content'
    return start
  }

  #readText(at: number): number {
    const data = this.#data
    if (this.#depth > 0) {
      const next = data.indexOf(LESS_THAN, at)
      return next === -1 ? data.length : next
    }
    while (at < data.length && isSpace(data[at]!)) at++
    // Text before the first element: whatever this is, it is no XML.
    if (at < data.length && data[at] !== LESS_THAN) this.#finishAs('fragment')
    return at
  }

  #readMarkup(at: number): number {
    if (at + 1 === this.#data.length) return NEEDS_MORE
    const second = this.#data[at + 1]!
    if (second === SLASH) return this.#readEndTag(at)
    if (second === QUESTION) return this.#skip(createInstructionSkipper(), at + 2)
    return second === BANG ? this.#readDeclaration(at) : this.#readStartTag(at)
  }

  #readDeclaration(at: number): number {
    for (const [word, createSkipper] of DECLARATIONS) {
      const match = matchWord(this.#data, at, word)
      if (match === 'partly') return NEEDS_MORE
      if (match === 'yes') return this.#skip(createSkipper(), at + word.length)
    }
    return this.#enterTag(false, at + 2)
  }

  #skip(skipper: MarkupSkipper, at: number): number {
    this.#state = 'skipping'
    this.#skipper = skipper
    return at
  }

  #skipOn(at: number): number {
    const end = this.#skipper!.findEnd(this.#data, at)
    if (end === -1) return this.#data.length
    this.#state = 'content'
    return end
  }

  #readStartTag(at: number): number {
    if (this.#depth > 1) return this.#enterTag(true, at + 1)
    const data = this.#data
    const nameAt = at + 1
    let end = nameAt
    while (end < data.length && end - nameAt < MAX_NAME_BYTES && !endsName(data[end]!)) end++
    if (end === data.length) return NEEDS_MORE
    const name = data.toString('latin1', nameAt, end)
    if (this.#depth === 0) this.#beginRoot(name)
    else this.#beginSection(name, at)
    return this.#enterTag(true, end)
  }

  #beginRoot(name: string): void {
    if (name !== 'html') return this.#finishAs('fragment')
    this.#places.kind = 'page'
    this.#finishIfSettled()
  }

  #beginSection(name: string, at: number): void {
    this.#section = name
    if (name === 'body') this.#places.endHead(at)
    if (name === 'frameset') {
      this.#places.implyFrameset(at)
      this.#isDone = true
    }
    this.#finishIfSettled()
  }

  #readEndTag(at: number): number {
    if (this.#depth === 2 && this.#section === 'head') this.#places.endHead(at)
    if (this.#depth === 2 && this.#section === 'body') this.#placeBodyEnd(at)
    this.#finishIfSettled()
    if (this.#depth < 2) this.#placeAll(at)
    this.#depth--
    return this.#enterTag(false, at + 2)
  }

  #enterTag(opens: boolean, at: number): number {
    this.#state = 'tag'
    this.#opens = opens
    this.#isAfterSlash = false
    this.#quote = 0
    return at
  }

  #readTagRest(at: number): number {
    const data = this.#data
    while (at < data.length) {
      const byte = data[at]!
      at++
      if (this.#quote !== 0) {
        if (byte === this.#quote) this.#quote = 0
        continue
      }
      if (byte === GREATER_THAN) {
        this.#closeTag(at)
        return at
      }
      if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) this.#quote = byte
      this.#isAfterSlash = byte === SLASH
    }
    return at
  }

  /** The tag ended before `at`. */
  #closeTag(at: number): void {
    this.#state = 'content'
    if (!this.#opens) return
    const isEmpty = this.#isAfterSlash
    // Nothing can stand in an empty html element.
    if (this.#depth === 0 && isEmpty) this.#isDone = true
    if (this.#depth === 1) this.#enterSection(isEmpty, at)
    if (!isEmpty) this.#depth++
  }

  /** Where a head or body is empty, what belongs into it follows it: a tag is never changed. */
  #enterSection(isEmpty: boolean, at: number): void {
    if (this.#section === 'head') {
      if (isEmpty) this.#places.endHead(at)
      else if (this.#places.headStartDue) this.#places.placeHeadStart(at)
    }
    if (this.#section === 'body') {
      this.#places.placeBodyStart(at)
      if (isEmpty) this.#placeBodyEnd(at)
    }
    this.#finishIfSettled()
  }

  #placeBodyEnd(at: number): void {
    if (!this.#bodyEndDue) return
    this.#bodyEndDue = false
    this.#places.insert(this.#snippets.bodyEnd, at)
  }

  #placeAll(at: number): void {
    if (this.kind !== 'page') return this.#finishAs('fragment')
    this.#places.implyBody(at)
    this.#placeBodyEnd(at)
    this.#isDone = true
  }

  #finishAs(kind: 'fragment' | 'other-charset'): void {
    this.#places.kind = kind
    this.#isDone = true
  }

  #finishIfSettled(): void {
    if (this.#places.settled && !this.#bodyEndDue) this.#isDone = true
  }
}
