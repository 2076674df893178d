// Reads a page from its first byte up to `<body …>` and puts the head and body-start snippets in their places.
// It follows the HTML Living Standard, 13.2.6.4.1 to 13.2.6.4.6 (from "initial" to "after head"), scripting enabled.
import {
  BANG,
  DASH,
  endsName,
  findTagEnd,
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
import { createRawTextScanner, createScriptScanner, endlessText, type RawTextScanner } from './raw-text.js'

/** A longer `<meta …>` is not waited for, so that a page cannot make the scanner hold back more than this. */
const MAX_META_BYTES = 1024
/** So much white space after `<head>` is waited through to see whether such a `<meta>` follows. */
const MAX_SPACE_BYTES = 256
/** Browsers look for `<meta charset>` in this many bytes, so a page that needs it must keep it there. */
const CHARSET_WINDOW_BYTES = 1024
/** A snippet up to this size goes right after `<head>` even where the charset is not known yet. */
const SHORT_SNIPPET_BYTES = 256
/** No name that matters is longer. */
const MAX_NAME_BYTES = 10

const RAW_TEXT = new Set('title style noscript noframes textarea xmp iframe noembed'.split(' '))
const IN_HEAD = new Set('base basefont bgsound link meta title style script noscript noframes template'.split(' '))
const AFTER_HEAD = new Set('base basefont bgsound link meta title style script noframes template'.split(' '))
/** The end tags that are not ignored before a body: each of them implies one. */
const IMPLYING_END_TAGS = new Set(['body', 'html', 'br'])
const META_CHARSET = /[\s/"']charset\s*=|[\s/"']http-equiv\s*=\s*["']?\s*content-type\b/i
const META_COMPATIBLE = /[\s/"']http-equiv\s*=\s*["']?\s*x-ua-compatible\b/i
const UTF8_BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Answered in place of an offset: the bytes at hand do not tell yet. */
const NEEDS_MORE = -1

export interface HeadSnippets {
  readonly headStart?: Buffer | undefined
  readonly headEnd?: Buffer | undefined
  readonly bodyStart?: Buffer | undefined
  /** Whether the response's headers, or a byte order mark, say what the charset is. */
  readonly charsetKnown: boolean
}

/** `frameset` is a page without a body. */
export type DocumentKind = 'undecided' | 'page' | 'fragment' | 'frameset'

type Phase = 'before-head' | 'in-head' | 'after-head' | 'done'
type TokenState = 'data' | 'tag' | 'comment' | 'bogus-comment' | 'raw-text' | 'head-start'
type AfterTag = 'nothing' | 'head' | 'body' | 'charset' | 'raw-text' | 'script' | 'plaintext'

/** One per response. After `done` the rest of the page needs no scanning. */
export class HeadScanner {
  kind: DocumentKind = 'undecided'

  readonly #snippets: HeadSnippets
  #phase: Phase = 'before-head'
  #headStartDue: boolean
  #headEndDue: boolean
  #bodyStartDue: boolean
  /** Whether the head-start snippet waits for a charset declaration, or for the end of the window for one. */
  #awaitsCharset = false

  #state: TokenState = 'data'
  #tagState: TagState = 'before-name'
  #afterTag: AfterTag = 'nothing'
  #commentState: CommentState = 'start'
  #rawText: RawTextScanner | undefined
  #rawTextName = ''
  #templateDepth = 0
  #charsetSeen: boolean

  #data: Buffer = Buffer.alloc(0)
  #out: Buffer[] = []
  /** Up to here `#data` has been given to `#out`. */
  #given = 0
  /** Bytes of the page before `#data`. */
  #offset = 0

  constructor(snippets: HeadSnippets) {
    this.#snippets = snippets
    this.#charsetSeen = snippets.charsetKnown
    this.#headStartDue = snippets.headStart !== undefined
    this.#headEndDue = snippets.headEnd !== undefined
    this.#bodyStartDue = snippets.bodyStart !== undefined
  }

  get done(): boolean {
    return this.#phase === 'done'
  }

  /**
   * Scans `data`, which begins with the bytes that the last call left, and adds to `out` what may leave now. Answers
   * how many bytes of `data` that were: the rest is a tag that is still too short to be told, or, when `done`, not
   * this scanner's business.
   */
  scan(data: Buffer, out: Buffer[]): number {
    this.#data = data
    this.#out = out
    this.#given = 0
    const stop = this.#run()
    this.#giveUpTo(stop)
    this.#offset += stop
    return stop
  }

  /** The page ends: adds to `out` the snippets whose place never came. */
  end(out: Buffer[]): void {
    if (this.#phase === 'done') return
    this.#out = out
    this.#data = Buffer.alloc(0)
    this.#given = 0
    if (this.kind !== 'page') this.kind = 'fragment'
    else this.#settleBody(0)
    this.#phase = 'done'
  }

  /** The offset at which scanning stopped: the end of the data, the start of an undecided tag, or where it is done. */
  #run(): number {
    const data = this.#data
    let at = 0
    if (this.#offset === 0) {
      const mark = matchByteOrderMark(data)
      if (mark === 'partly') return 0
      if (mark === 'yes') {
        at = 3
        this.#charsetSeen = true
      }
    }
    while (at < data.length && this.#phase !== 'done') {
      const next = this.#step(at)
      if (next === NEEDS_MORE) return at
      at = next
    }
    return at
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
    while (at < data.length && data[at] !== LESS_THAN) {
      if (!isSpace(data[at]!)) {
        this.#implyBody(at)
        return at
      }
      at++
    }
    return at
  }

  #readMarkup(at: number): number {
    const data = this.#data
    if (at + 1 === data.length) return NEEDS_MORE
    const second = data[at + 1]!
    if (!opensMarkup(second)) return this.#readLoneLessThan(at)
    if (isLetter(second)) return this.#readTag(at, at + 1)
    if (second === SLASH) {
      if (at + 2 === data.length) return NEEDS_MORE
      if (isLetter(data[at + 2]!)) return this.#readTag(at, at + 2)
      if (data[at + 2] === GREATER_THAN) return at + 3
    }
    return second === BANG ? this.#readDeclaration(at) : this.#enterBogusComment(at)
  }

  #readLoneLessThan(at: number): number {
    if (this.#templateDepth > 0) return at + 1
    this.#implyBody(at)
    return at
  }

  #readDeclaration(at: number): number {
    const data = this.#data
    if (at + 2 === data.length) return NEEDS_MORE
    if (data[at + 2] === DASH) {
      if (at + 3 === data.length) return NEEDS_MORE
      if (data[at + 3] !== DASH) return this.#enterBogusComment(at)
      this.#state = 'comment'
      this.#commentState = 'start'
      return at + 4
    }
    const doctype = matchWord(data, at + 2, 'doctype')
    if (doctype === 'partly') return NEEDS_MORE
    if (doctype === 'yes' && this.#templateDepth === 0) this.#markPage()
    if (this.done) return at
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
    while (at < data.length) {
      state = stepComment(state, data[at]!)
      at++
      if (state === 'end') {
        this.#state = 'data'
        return at
      }
    }
    this.#commentState = state
    return at
  }

  #readRawText(at: number): number {
    const end = this.#rawText!.findEndTag(this.#data, at)
    if (end === -1) return this.#data.length
    this.#rawText = undefined
    this.#enterTag('nothing')
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
    if (this.#templateDepth > 0) this.#trackTemplate(name, closing)
    else if (closing) this.#readEndTag(name, at)
    else if (this.#mustWaitForMeta(name, at, end)) return NEEDS_MORE
    else this.#readStartTag(name, at, end)
    return this.done || this.#state === 'head-start' ? at : end
  }

  #mustWaitForMeta(name: string, at: number, nameEnd: number): boolean {
    if (name !== 'meta' || !this.#awaitsCharset) return false
    return findTagEnd(this.#data, nameEnd) === -1 && this.#data.length - at <= MAX_META_BYTES
  }

  #readStartTag(name: string, at: number, nameEnd: number): void {
    if (name === 'html' || name === 'head' || name === 'body') this.#markPage()
    if (this.#phase === 'done') return
    if (name === 'html') return this.#enterTag('nothing')
    if (name === 'head') return this.#readHead()
    if (name === 'body') return this.#readBody(at)
    if (name === 'frameset') return this.#readFrameset(at)
    const belongs = this.#phase === 'after-head' ? AFTER_HEAD.has(name) : IN_HEAD.has(name)
    if (!belongs) return this.#implyBody(at)
    if (this.#phase === 'before-head') {
      this.#phase = 'in-head'
      // The head begins here without a tag; this tag is read again, as the first one that may come before the snippet.
      if (this.#headStartDue && this.kind === 'page') return this.#enter('head-start')
    }
    if (this.#awaitsCharset && name === 'meta' && this.#isMetaForParser(at, nameEnd) && this.#charsetSeen) {
      return this.#enterTag('charset')
    }
    if (this.#awaitsCharset && this.#offset + at >= CHARSET_WINDOW_BYTES) this.#insertHeadStart(at)
    if (this.#isSettled()) return this.#finish()
    if (name === 'template') this.#templateDepth = 1
    this.#enterTag(contentOf(name), name)
  }

  #readEndTag(name: string, at: number): void {
    if (IMPLYING_END_TAGS.has(name)) return this.#implyBody(at)
    if (name === 'head' && this.#phase !== 'after-head') {
      this.#settleHead(at)
      if (this.#isSettled()) return this.#finish()
      this.#phase = 'after-head'
    }
    this.#enterTag('nothing')
  }

  #readHead(): void {
    const isFirst = this.#phase === 'before-head'
    if (isFirst) this.#phase = 'in-head'
    // A second `<head>` is ignored by browsers, unless the snippet still waits for the page to show that it is one.
    this.#enterTag(this.#headStartDue && this.#phase === 'in-head' ? 'head' : 'nothing')
  }

  #readBody(at: number): void {
    this.#settleHead(at)
    if (this.#isSettled()) this.#finish()
    else this.#enterTag('body')
  }

  #readFrameset(at: number): void {
    this.#settleHead(at)
    this.kind = this.kind === 'page' ? 'frameset' : 'fragment'
    this.#finish()
  }

  /** After `<head>`: the snippet goes after the `<meta>` tags for the parser that directly follow. */
  #readHeadStart(at: number): number {
    const data = this.#data
    let next = at
    while (next < data.length && next - at <= MAX_SPACE_BYTES && isSpace(data[next]!)) next++
    const isMeta = matchWord(data, next, '<meta')
    if (isMeta === 'partly' && next - at <= MAX_SPACE_BYTES) return NEEDS_MORE
    if (isMeta === 'yes' && next + 5 === data.length) return NEEDS_MORE
    if (isMeta === 'yes' && endsName(data[next + 5]!)) {
      const end = findTagEnd(data, next + 5)
      if (end === -1 && data.length - next <= MAX_META_BYTES) return NEEDS_MORE
      if (end !== -1 && this.#isMetaForParser(next, next + 5)) return end
    }
    const snippet = this.#snippets.headStart!
    this.#awaitsCharset = !this.#charsetSeen && snippet.length > SHORT_SNIPPET_BYTES
    if (!this.#awaitsCharset) this.#insertHeadStart(at)
    this.#enter('data')
    if (this.#isSettled()) this.#finish()
    return at
  }

  /** Whether the whole `<meta …>` at `at` sets the charset or the compatibility mode. */
  #isMetaForParser(at: number, nameEnd: number): boolean {
    const end = findTagEnd(this.#data, nameEnd)
    if (end === -1 || end - at > MAX_META_BYTES) return false
    const tag = this.#data.toString('latin1', at, end)
    if (META_CHARSET.test(tag)) this.#charsetSeen = true
    return META_CHARSET.test(tag) || META_COMPATIBLE.test(tag)
  }

  /** Inside a template only nesting and raw text matter. */
  #trackTemplate(name: string, closing: boolean): void {
    if (name === 'template') this.#templateDepth += closing ? -1 : 1
    this.#enterTag(closing ? 'nothing' : contentOf(name), name)
  }

  #enter(state: TokenState): void {
    this.#state = state
  }

  #enterTag(afterTag: AfterTag, name = ''): void {
    this.#state = 'tag'
    this.#tagState = 'before-name'
    this.#afterTag = afterTag
    this.#rawTextName = name
  }

  #readTagRest(at: number): number {
    const data = this.#data
    let state: TagState | 'end' = this.#tagState
    while (at < data.length) {
      state = stepTag(state, data[at]!)
      at++
      if (state === 'end') {
        this.#closeTag(at)
        return at
      }
    }
    this.#tagState = state
    return at
  }

  /** The tag ended before `at`. */
  #closeTag(at: number): void {
    const afterTag = this.#afterTag
    this.#enter(afterTag === 'head' ? 'head-start' : 'data')
    if (afterTag === 'body') {
      this.#insertBodyStart(at)
      this.#finish()
    } else if (afterTag === 'charset') this.#insertHeadStart(at)
    else if (afterTag === 'script') this.#enterRawText(createScriptScanner())
    else if (afterTag === 'raw-text') this.#enterRawText(createRawTextScanner(this.#rawTextName))
    else if (afterTag === 'plaintext') this.#enterRawText(endlessText)
    if (this.#isSettled()) this.#finish()
  }

  #enterRawText(scanner: RawTextScanner): void {
    this.#rawText = scanner
    this.#state = 'raw-text'
  }

  /** The response is a document and no fragment. */
  #markPage(): void {
    if (this.kind === 'undecided') this.kind = 'page'
    if (this.#isSettled()) this.#finish()
  }

  /** Whether all is known and done: then nothing more needs scanning. */
  #isSettled(): boolean {
    return this.kind === 'page' && !this.#headStartDue && !this.#headEndDue && !this.#bodyStartDue
  }

  #finish(): void {
    this.#phase = 'done'
  }

  /** Something that only a body can hold stands at `at`. */
  #implyBody(at: number): void {
    if (this.kind === 'page') this.#settleBody(at)
    else this.kind = 'fragment'
    this.#finish()
  }

  #settleBody(at: number): void {
    this.#settleHead(at)
    if (this.#bodyStartDue) this.#insertBodyStart(at)
  }

  /** The head ends at `at`. In what may still be a fragment its snippets wait. */
  #settleHead(at: number): void {
    if (this.kind !== 'page') return
    if (this.#headStartDue) this.#insertHeadStart(at)
    if (!this.#headEndDue) return
    this.#headEndDue = false
    this.#insert(this.#snippets.headEnd, at)
  }

  #insertHeadStart(at: number): void {
    this.#headStartDue = false
    this.#awaitsCharset = false
    this.#insert(this.#snippets.headStart, at)
  }

  #insertBodyStart(at: number): void {
    this.#bodyStartDue = false
    this.#insert(this.#snippets.bodyStart, at)
  }

  #insert(snippet: Buffer | undefined, at: number): void {
    this.#giveUpTo(at)
    if (snippet !== undefined) this.#out.push(snippet)
  }

  #giveUpTo(at: number): void {
    if (at > this.#given) this.#out.push(this.#data.subarray(this.#given, at))
    this.#given = at
  }
}

function contentOf(name: string): AfterTag {
  if (name === 'script' || name === 'plaintext') return name
  return RAW_TEXT.has(name) ? 'raw-text' : 'nothing'
}

function matchByteOrderMark(data: Buffer): 'yes' | 'no' | 'partly' {
  for (const [at, byte] of UTF8_BYTE_ORDER_MARK.entries()) {
    if (at === data.length) return 'partly'
    if (data[at] !== byte) return 'no'
  }
  return 'yes'
}
