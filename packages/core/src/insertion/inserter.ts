// Puts snippets into a page while it passes: bytes in, the same bytes and the snippets out, as early as can be.
import { BodyTail } from './body-tail.js'
import type { DocumentKind, HeadSnippets } from './head-places.js'
import { HeadScanner } from './head-scanner.js'

/** The text for each placement, already rendered; several snippets of one placement are one text. */
export interface InsertionPlan extends HeadSnippets {
  readonly bodyEnd?: Buffer | undefined
}

const NOTHING = Buffer.alloc(0)

/**
 * One per response; feed it the page in any pieces, with the same result. Without the snippets its output is its
 * input, byte for byte. When a call throws, nothing was given: `held` and the chunk of that call are still to be sent.
 */
export class Inserter {
  readonly #plan: InsertionPlan
  readonly #scanner: HeadScanner
  readonly #tail: BodyTail | undefined
  /** The start of a tag in the head that is still too short to be told. */
  #partialTag: Buffer = NOTHING
  #bodyEndDue: boolean

  constructor(plan: InsertionPlan) {
    this.#plan = plan
    this.#scanner = new HeadScanner(plan)
    this.#bodyEndDue = plan.bodyEnd !== undefined
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
    return this.#scanner.isDone() && (this.#tailInUse()?.passes(chunk) ?? true)
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
    const snippet = this.#plan.bodyEnd
    this.#scanner.end(out)
    if (snippet !== undefined && this.#bodyEndDue && this.#takesBodyEnd()) {
      if (this.#partialTag.length > 0) out.push(snippet)
      else this.#tail?.end(snippet, out)
    } else if (this.#tail !== undefined && this.#tail.held.length > 0) out.push(this.#tail.held)
    if (this.#partialTag.length > 0) out.push(this.#partialTag)
    this.#partialTag = NOTHING
    this.#bodyEndDue = false
  }

  /** The application is silent: adds to `out` a whole tail that is held, with the snippet before it, if there is one. */
  release(out: Buffer[]): void {
    const snippet = this.#plan.bodyEnd
    if (snippet === undefined || !this.#bodyEndDue || this.#tail === undefined) return
    if (this.#tail.release(snippet, out)) this.#bodyEndDue = false
  }

  #pushBody(chunk: Buffer, out: Buffer[]): void {
    const tail = this.#tailInUse()
    if (tail === undefined) out.push(chunk)
    else tail.push(chunk, out)
  }

  #tailInUse(): BodyTail | undefined {
    return this.#bodyEndDue && this.#takesBodyEnd() ? this.#tail : undefined
  }

  #takesBodyEnd(): boolean {
    return this.#scanner.kind === 'page'
  }
}
