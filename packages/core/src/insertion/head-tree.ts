// Follows a document from its start to its body and decides what a tag means for the places of the snippets.
// Source: HTML Living Standard, 13.2.6.4.1 to 13.2.6.4.6 (from "initial" to "after head"), scripting enabled.
import { HeadPlaces, type HeadSnippets } from './head-places.js'
import { endsName, findTagEnd, isSpace, matchWord } from './markup.js'
import type { MarkerWatch } from './marker-watch.js'
import { byteLengthOf } from './snippet-text.js'

/** A longer `<meta …>` is not waited for, so that a page cannot make the scanner hold back more than this. */
const MAX_META_BYTES = 1024
/** So much white space after `<head>` is waited through to see whether such a `<meta>` follows. */
const MAX_SPACE_BYTES = 256
/** Browsers look for `<meta charset>` in this many bytes, so a page that needs it must keep it there. */
const CHARSET_WINDOW_BYTES = 1024
/** A snippet up to this size goes right after `<head>` even where the charset is not known yet. */
const SHORT_SNIPPET_BYTES = 256

const AFTER_HEAD = new Set('base basefont bgsound link meta title style script noframes template'.split(' '))
const IN_HEAD = new Set([...AFTER_HEAD, 'noscript'])
/** The end tags that are not ignored before a body: each of them implies one. */
const IMPLYING_END_TAGS = new Set(['body', 'html', 'br'])
const META_CHARSET = /[\s/"']charset\s*=|[\s/"']http-equiv\s*=\s*["']?\s*content-type\b/i
const META_COMPATIBLE = /[\s/"']http-equiv\s*=\s*["']?\s*x-ua-compatible\b/i

/** Answered in place of an offset: the bytes at hand do not tell yet. */
export const NEEDS_MORE = -1

/** What is to happen where the tag ends. */
export type AfterTag = 'nothing' | 'head' | 'body' | 'charset'

/** What a start tag is: one to read on to its end, one to read again at the head's start, or one to wait for. */
export type TagVerdict = AfterTag | 'head-start' | 'needs-more'

type Phase = 'before-head' | 'in-head' | 'after-head' | 'done'

/** Offsets are those of `data`, the bytes that the scanner has at hand. */
export class HeadTree {
  readonly places: HeadPlaces
  readonly #headStartBytes: number
  #phase: Phase = 'before-head'
  #charsetKnown: boolean

  constructor(snippets: HeadSnippets, watch: MarkerWatch | undefined) {
    this.places = new HeadPlaces(snippets, watch)
    this.#headStartBytes = byteLengthOf(snippets.headStart)
    this.#charsetKnown = snippets.charsetKnown
  }

  isDone(): boolean {
    return this.#phase === 'done'
  }

  readByteOrderMark(): void {
    this.#charsetKnown = true
  }

  readDoctype(): void {
    this.#markPage()
  }

  /** Something that only a body can hold stands at `at`. */
  implyBody(at: number): void {
    this.places.implyBody(at)
    this.#phase = 'done'
  }

  /** The tag `name` begins at `at`, its name ends at `nameEnd`; `offset` is that of `data` in the page. */
  readStartTag(name: string, at: number, nameEnd: number, data: Buffer, offset: number): TagVerdict {
    if (name === 'html' || name === 'head' || name === 'body') this.#markPage()
    if (name === 'html') return 'nothing'
    if (name === 'head') return this.#readHead()
    if (name === 'body') return this.#readBody(at)
    if (name === 'frameset') this.places.implyFrameset(at)
    const belongs = this.#phase === 'after-head' ? AFTER_HEAD.has(name) : IN_HEAD.has(name)
    if (!belongs) {
      if (name !== 'frameset') this.places.implyBody(at)
      this.#phase = 'done'
      return 'nothing'
    }
    if (this.#phase === 'before-head') {
      this.#phase = 'in-head'
      // The head begins here without a tag, and this may be a tag that the snippet goes after.
      if (this.places.headStartDue && this.places.kind === 'page') return 'head-start'
    }
    return this.places.awaitsCharset ? this.#seekCharset(name, at, nameEnd, data, offset) : 'nothing'
  }

  readEndTag(name: string, at: number): void {
    if (IMPLYING_END_TAGS.has(name)) return this.implyBody(at)
    if (name !== 'head' || this.#phase === 'after-head') return
    this.places.endHead(at)
    this.#phase = 'after-head'
    this.#finishIfSettled()
  }

  /** A tag that was to be read on to its end has ended before `at`. */
  closeTag(afterTag: AfterTag, at: number): void {
    if (afterTag === 'charset') this.places.placeHeadStart(at)
    // With this all is done: the head ended where the body's tag began.
    if (afterTag === 'body') this.places.placeBodyStart(at)
    this.#finishIfSettled()
  }

  /**
   * At the head's start: the snippet goes after the `<meta>` tags for the parser that directly follow. Answers the
   * offset after one of them, `at` itself when the snippet is dealt with, or NEEDS_MORE.
   */
  readHeadStart(at: number, data: Buffer): number {
    let next = at
    while (next < data.length && next - at < MAX_SPACE_BYTES && isSpace(data[next]!)) next++
    const isMeta = matchWord(data, next, '<meta')
    if (isMeta === 'partly') return NEEDS_MORE
    if (isMeta === 'yes') {
      const nameEnd = next + '<meta'.length
      const end = findTagEnd(data, nameEnd)
      if (isCutShort(next, end, data)) return NEEDS_MORE
      if (endsName(data[nameEnd]!) && this.#isMetaForParser(next, end, data)) return end
    }
    this.places.awaitsCharset = !this.#charsetKnown && this.#headStartBytes > SHORT_SNIPPET_BYTES
    if (!this.places.awaitsCharset) this.places.placeHeadStart(at)
    this.#finishIfSettled()
    return at
  }

  #readHead(): TagVerdict {
    if (this.#phase === 'before-head') this.#phase = 'in-head'
    // A second `<head>` is ignored by browsers, unless the snippet still waits for the page to show that it is one.
    return this.places.headStartDue && this.#phase === 'in-head' ? 'head' : 'nothing'
  }

  #readBody(at: number): TagVerdict {
    if (!this.isDone()) this.places.endHead(at)
    this.#finishIfSettled()
    return 'body'
  }

  /** A long snippet waits for the charset declaration, at most to the end of the window in which browsers look for it. */
  #seekCharset(name: string, at: number, nameEnd: number, data: Buffer, offset: number): TagVerdict {
    if (name === 'meta') {
      const end = findTagEnd(data, nameEnd)
      if (isCutShort(at, end, data)) return 'needs-more'
      if (this.#isMetaForParser(at, end, data) && this.#charsetKnown) return 'charset'
    }
    if (offset + at >= CHARSET_WINDOW_BYTES) this.places.placeHeadStart(at)
    this.#finishIfSettled()
    return 'nothing'
  }

  /** Whether the `<meta …>` from `at` to `end`, where the data holds it whole, sets the charset or the compatibility mode. */
  #isMetaForParser(at: number, end: number, data: Buffer): boolean {
    if (end === -1 || end - at > MAX_META_BYTES) return false
    const tag = data.toString('latin1', at, end)
    const setsCharset = META_CHARSET.test(tag)
    if (setsCharset) this.#charsetKnown = true
    return setsCharset || META_COMPATIBLE.test(tag)
  }

  /** The response is a document and no fragment. */
  #markPage(): void {
    if (this.places.kind === 'undecided') this.places.kind = 'page'
    this.#finishIfSettled()
  }

  #finishIfSettled(): void {
    if (this.places.settled) this.#phase = 'done'
  }
}

/** Whether the data ends within the tag at `at`, which may still be short enough to be waited for. */
function isCutShort(at: number, end: number, data: Buffer): boolean {
  return end === -1 && data.length - at <= MAX_META_BYTES
}
