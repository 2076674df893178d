// Puts snippets into a page while it passes: bytes in, the same bytes and the snippets out, as early as can be.
import { BodyTail } from './body-tail.js'
import type { DocumentKind, HeadSnippets } from './head-places.js'
import { HeadScanner } from './head-scanner.js'
import { watchFor, type MarkerWatch } from './marker-watch.js'
import { giveText, isWhole, type SnippetText } from './snippet-text.js'
import { XmlScanner } from './xml-scanner.js'

/** The text for each placement, already rendered; several snippets of one placement are one text. */
export interface InsertionPlan extends HeadSnippets {
  readonly bodyEnd?: SnippetText | undefined
  /** Whether the page is read as XML, as XHTML is. @default false */
  readonly isXml?: boolean | undefined
}

const NOTHING = Buffer.alloc(0)

/** Everything that a plan may put into the page, each the very buffer that the inserter gives. */
export function buffersOf({ headStart, headEnd, bodyStart, bodyEnd }: InsertionPlan): readonly (Buffer | undefined)[] {
  return [headStart, headEnd, bodyStart, bodyEnd].flatMap((text) =>
    isWhole(text) ? [text] : text.map(({ html }) => html),
  )
}

/**
 * One per response; feed it the page in any pieces, with the same result. Without the snippets its output is its
 * input, byte for byte. When a call throws, nothing was given: `held` and the chunk of that call are still to be sent.
 */
export class Inserter {
  readonly #plan: InsertionPlan
  readonly #watch: MarkerWatch | undefined
  readonly #scanner: HeadScanner | XmlScanner
  readonly #tail: BodyTail | undefined
  /** The start of a tag in the head that is still too short to be told. */
  #partialTag: Buffer = NOTHING
  #bodyEndDue: boolean

  constructor(plan: InsertionPlan) {
    const { bodyEnd, isXml = false } = plan
    this.#plan = plan
    this.#watch = watchFor(plan)
    // In XML the body's end needs no rule of its own: the scanner finds it by counting elements.
    this.#scanner = isXml ? new XmlScanner(plan, this.#watch) : new HeadScanner(plan, this.#watch)
    this.#bodyEndDue = bodyEnd !== undefined && !isXml
    this.#tail = this.#bodyEndDue ? new BodyTail() : undefined
  }

  /** `undecided` until a doctype or a tag has told. */
  get kind(): DocumentKind {
    return this.#scanner.kind
  }

  /** The bytes that were taken and not given yet. */
  get held(): Buffer {
    return this.#partialTag.length > 0 ? this.#partialTag : (this.#tail?.held ?? NOTHING)
  }

  /**
   * Whether the next bytes may leave as they are, with nothing before them, between them or held back of them. They then
   * need not be pushed: so it is with most of a page's pieces.
   */
  passes(chunk: Buffer): boolean {
    if (!this.#scanner.isDone()) return false
    const tail = this.#tailInUse()
    return tail === undefined || (this.#tailWatch() === undefined && tail.passes(chunk))
  }

  /** Takes the next bytes and adds to `out` what may leave now. The chunk itself may become part of `out`. */
  push(chunk: Buffer, out: Buffer[]): void {
    if (this.#scanner.isDone()) return this.#pushBody(chunk, out)
    const data = this.#partialTag.length === 0 ? chunk : Buffer.concat([this.#partialTag, chunk])
    const taken = this.#scanner.scan(data, out)
    if (this.#scanner.isDone()) {
      if (taken < data.length) this.#pushBody(data.subarray(taken), out)
      this.#partialTag = NOTHING
    } else this.#partialTag = taken === data.length ? NOTHING : Buffer.from(data.subarray(taken))
  }

  /** The page ends: adds to `out` what was held and the snippets whose place is the end. */
  end(out: Buffer[]): void {
    this.#scanner.end(out)
    const tail = this.#tail
    // A tail is held only while the text before it is due.
    if (tail !== undefined && this.#bodyEndDue && this.#takesBodyEnd()) {
      const from = out.length
      // Nothing is held by the tail before the head has been read, so a partial tag is the last of the page.
      this.#giveBodyEnd(tail.end(out), out, from)
    }
    if (this.#partialTag.length > 0) out.push(this.#partialTag)
    this.#partialTag = NOTHING
  }

  /** The application is silent: adds to `out` a whole tail that is held, with the snippet before it, if there is one. */
  release(out: Buffer[]): void {
    const from = out.length
    const rest = this.#tail?.release(out)
    if (rest !== undefined) this.#giveBodyEnd(rest, out, from)
  }

  #pushBody(chunk: Buffer, out: Buffer[]): void {
    const tail = this.#tailInUse()
    if (tail === undefined) {
      out.push(chunk)
      return
    }
    const from = out.length
    tail.push(chunk, out)
    this.#lookAt(out, from)
  }

  /** The body-end text and what follows it; from `from` on `out` holds what stands before it and was not looked at. */
  #giveBodyEnd(rest: Buffer, out: Buffer[], from: number): void {
    this.#lookAt(out, from)
    this.#bodyEndDue = false
    giveText(this.#plan.bodyEnd, this.#watch, out)
    if (rest.length > 0) out.push(rest)
  }

  #lookAt(out: readonly Buffer[], from: number): void {
    const watch = this.#tailWatch()
    if (watch !== undefined) for (let at = from; at < out.length; at++) watch.look(out[at]!)
  }

  /** Only a marker of a body-end snippet is looked for in the body. */
  #tailWatch(): MarkerWatch | undefined {
    const { bodyEnd } = this.#plan
    return this.#watch === undefined || isWhole(bodyEnd) ? undefined : this.#watch
  }

  #tailInUse(): BodyTail | undefined {
    return this.#bodyEndDue && this.#takesBodyEnd() ? this.#tail : undefined
  }

  #takesBodyEnd(): boolean {
    return this.#scanner.kind === 'page'
  }
}
