// Reads a page from its first byte up to `<body …>`, token by token, and never asks for more than a partial tag back.
// Source: HTML Living Standard, 13.2.5. What the tokens mean is head-tree.ts's business.
import type { DocumentKind, HeadSnippets } from './head-places.js'
import { HeadTree, NEEDS_MORE, type AfterTag } from './head-tree.js'
import {
  BANG,
  endsName,
  GREATER_THAN,
  isLetter,
  isSpace,
  LESS_THAN,
  matchWord,
  opensMarkup,
  SLASH,
  stepComment,
  stepTag,
  type CommentState,
  type TagState,
} from './markup.js'
import type { MarkerWatch } from './marker-watch.js'
import { rawTextOf, type RawTextScanner } from './raw-text.js'

/** No name that matters is longer; the rest of a longer one is read as a part of its tag. */
const MAX_NAME_BYTES = 10
const UTF8_BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

type State = 'data' | 'tag' | 'comment' | 'bogus-comment' | 'raw-text' | 'head-start'

/** One per response. Once it is done the rest of the page needs no scanning. */
export class HeadScanner {
  readonly #tree: HeadTree
  #state: State = 'data'
  #tagState: TagState = 'tag-name'
  #afterTag: AfterTag = 'nothing'
  #commentState: CommentState = 'start'
  /** The text that the tag which is being read, or was read last, begins. */
  #rawText: RawTextScanner | undefined
  #templateDepth = 0
  #data: Buffer = Buffer.alloc(0)
  /** Bytes of the page before `#data`. */
  #offset = 0

  constructor(snippets: HeadSnippets, watch: MarkerWatch | undefined) {
    this.#tree = new HeadTree(snippets, watch)
  }

  /** What the bytes have shown the response to be. */
  get kind(): DocumentKind {
    return this.#tree.places.kind
  }

  isDone(): boolean {
    return this.#tree.isDone()
  }

  /**
   * Scans `data`, which begins with the bytes that the last call left, and adds to `out` what may leave now. Answers
   * how many bytes of `data` that were: the rest is a tag that is still too short to be told, or, when done, not this
   * scanner's business.
   */
  scan(data: Buffer, out: Buffer[]): number {
    this.#data = data
    this.#tree.places.begin(data, out)
    const stop = this.#run()
    this.#tree.places.giveUpTo(stop)
    this.#offset += stop
    return stop
  }

  /** The page ends: adds to `out` the snippets whose place never came. */
  end(out: Buffer[]): void {
    if (this.isDone()) return
    this.#tree.places.begin(Buffer.alloc(0), out)
    this.#tree.implyBody(0)
  }

  /** The offset at which scanning stopped: the end of the data, the start of an undecided tag, or where it is done. */
  #run(): number {
    const data = this.#data
    let at = this.#offset === 0 ? this.#readByteOrderMark() : 0
    while (at < data.length && !this.isDone()) {
      const next = this.#step(at)
      if (next === NEEDS_MORE) return at
      at = next
    }
    return at
  }

  /** The offset after the mark, 0 when there is none or only a part of it yet. */
  #readByteOrderMark(): number {
    const matched = UTF8_BYTE_ORDER_MARK.findIndex((byte, at) => this.#data[at] !== byte)
    if (matched === -1) this.#tree.readByteOrderMark()
    return matched === -1 ? UTF8_BYTE_ORDER_MARK.length : 0
  }

  /** Handles what stands at `at`; answers where to go on, or NEEDS_MORE. */
  #step(at: number): number {
    switch (this.#state) {
      case 'data':
        return this.#data[at] === LESS_THAN ? this.#readMarkup(at) : this.#readText(at)
      case 'tag':
        return this.#readTagRest(at)
      case 'comment':
        return this.#readCommentRest(at)
      case 'bogus-comment':
        return this.#readBogusComment(at)
      case 'raw-text':
        return this.#readRawText(at)
      case 'head-start':
        return this.#readHeadStart(at)
    }
  }

  #readText(at: number): number {
    const data = this.#data
    if (this.#templateDepth > 0) {
      const next = data.indexOf(LESS_THAN, at)
      return next === -1 ? data.length : next
    }
    if (this.#offset + at === 0 && this.#isPartOfByteOrderMark()) return NEEDS_MORE
    while (at < data.length && data[at] !== LESS_THAN) {
      if (!isSpace(data[at]!)) return this.#implyBody(at)
      at++
    }
    return at
  }

  #isPartOfByteOrderMark(): boolean {
    return (
      this.#data.length < UTF8_BYTE_ORDER_MARK.length &&
      this.#data.every((byte, at) => byte === UTF8_BYTE_ORDER_MARK[at])
    )
  }

  #implyBody(at: number): number {
    this.#tree.implyBody(at)
    return at
  }

  #readMarkup(at: number): number {
    const data = this.#data
    if (at + 1 === data.length) return NEEDS_MORE
    const second = data[at + 1]!
    if (!opensMarkup(second)) return this.#templateDepth > 0 ? at + 1 : this.#implyBody(at)
    if (isLetter(second)) return this.#readTag(at, at + 1)
    if (second === SLASH) {
      if (at + 2 === data.length) return NEEDS_MORE
      if (isLetter(data[at + 2]!)) return this.#readTag(at, at + 2)
    }
    return second === BANG ? this.#readDeclaration(at) : this.#enterBogusComment(at)
  }

  #readDeclaration(at: number): number {
    const data = this.#data
    const comment = matchWord(data, at, '<!--')
    const doctype = matchWord(data, at, '<!doctype')
    if (comment === 'partly' || doctype === 'partly') return NEEDS_MORE
    if (comment === 'yes') {
      this.#state = 'comment'
      this.#commentState = 'start'
      return at + 4
    }
    if (doctype === 'yes' && this.#templateDepth === 0) this.#tree.readDoctype()
    // A doctype ends at its first `>`, even within quotes: the same as a bogus comment.
    return this.#enterBogusComment(at)
  }

  #enterBogusComment(at: number): number {
    this.#state = 'bogus-comment'
    return at + 2
  }

  #readBogusComment(at: number): number {
    const end = this.#data.indexOf(GREATER_THAN, at)
    if (end === -1) return this.#data.length
    this.#state = 'data'
    return end + 1
  }

  #readCommentRest(at: number): number {
    const data = this.#data
    let state: CommentState | 'end' = this.#commentState
    while (at < data.length && state !== 'end') {
      state = stepComment(state, data[at]!)
      at++
    }
    if (state === 'end') this.#state = 'data'
    else this.#commentState = state
    return at
  }

  #readRawText(at: number): number {
    const end = this.#rawText!.findEndTag(this.#data, at)
    if (end === -1) return this.#data.length
    this.#enterTag('nothing', undefined)
    return end
  }

  /** A tag whose name begins at `nameAt`; before its `<` at `at` a snippet may have to go. */
  #readTag(at: number, nameAt: number): number {
    const data = this.#data
    let end = nameAt
    while (end < data.length && end - nameAt < MAX_NAME_BYTES && !endsName(data[end]!)) end++
    if (end === data.length) return NEEDS_MORE
    const name = data.toString('latin1', nameAt, end).toLowerCase()
    const closing = nameAt === at + 2
    if (this.#templateDepth > 0) {
      // Inside a template only nesting and raw text matter.
      if (name === 'template') this.#templateDepth += closing ? -1 : 1
      this.#enterTag('nothing', closing ? undefined : name)
      return end
    }
    return closing ? this.#readEndTag(name, at, end) : this.#readStartTag(name, at, end)
  }

  #readStartTag(name: string, at: number, end: number): number {
    const verdict = this.#tree.readStartTag(name, at, end, this.#data, this.#offset)
    if (this.isDone()) return at
    if (verdict === 'needs-more') return NEEDS_MORE
    if (verdict === 'head-start') {
      this.#state = 'head-start'
      return at
    }
    if (name === 'template') this.#templateDepth = 1
    this.#enterTag(verdict, name)
    return end
  }

  #readEndTag(name: string, at: number, end: number): number {
    this.#tree.readEndTag(name, at)
    if (this.isDone()) return at
    this.#enterTag('nothing', undefined)
    return end
  }

  #readHeadStart(at: number): number {
    const next = this.#tree.readHeadStart(at, this.#data)
    if (next === at) this.#state = 'data'
    return next
  }

  /** Reads on to the tag's end, from its name or within it; `name` is that of a start tag, after which text may begin. */
  #enterTag(afterTag: AfterTag, name: string | undefined): void {
    this.#state = 'tag'
    this.#tagState = 'tag-name'
    this.#afterTag = afterTag
    this.#rawText = name === undefined ? undefined : rawTextOf(name)
  }

  #readTagRest(at: number): number {
    const data = this.#data
    let state: TagState | 'end' = this.#tagState
    while (at < data.length && state !== 'end') {
      state = stepTag(state, data[at]!)
      at++
    }
    if (state === 'end') this.#closeTag(at)
    else this.#tagState = state
    return at
  }

  /** The tag ended before `at`. */
  #closeTag(at: number): void {
    if (this.#afterTag === 'head') this.#state = 'head-start'
    else this.#state = this.#rawText === undefined ? 'data' : 'raw-text'
    this.#tree.closeTag(this.#afterTag, at)
  }
}
