// The bytes of one page on their way: kept for the store, and passed on with the snippets between them.
import { buffersOf, Inserter, type CapturedBody, type InsertionPlan } from '@facsimile/core'
import { byteLength, NOTHING } from './body-arguments.js'

const SPACE = 0x20

export interface PageBodySettings {
  readonly plan: InsertionPlan
  /** `undefined` for a page that is not stored. */
  readonly capture: CapturedBody | undefined
  /**
   * Where the page is stored with its snippets: their text in the copy. `undefined` where it is stored as the application
   * made it.
   */
  readonly stored: InsertionPlan | undefined
  /** Is told when the inserter throws. The page then goes on as the application writes it, and is not stored. */
  readonly onFailure: (error: unknown) => void
}

/** One per page. `take`, `end` and `release` add to `out` what may leave now. */
export class PageBody {
  readonly #plan: InsertionPlan
  readonly #storesSent: boolean
  /** What the copy has in the place of a snippet. */
  readonly #replaced: ReadonlyMap<Buffer, Buffer> | undefined
  readonly #onFailure: (error: unknown) => void
  #inserter: Inserter | undefined
  #capture: CapturedBody | undefined
  /** How many bytes more than the application's have been given, or fewer, since some are held. */
  #growth = 0
  #promisedGrowth = 0

  constructor({ plan, capture, stored, onFailure }: PageBodySettings) {
    this.#plan = plan
    this.#storesSent = stored !== undefined
    this.#replaced = stored === undefined || stored === plan ? undefined : replacements(plan, stored)
    this.#onFailure = onFailure
    this.#inserter = new Inserter(plan)
    this.#capture = capture
  }

  /** What the page's first bytes showed it to be; `failed` when the inserter threw. */
  get kind(): Inserter['kind'] | 'failed' {
    return this.#inserter?.kind ?? 'failed'
  }

  /** Whether bytes wait for those that follow them. */
  get isHolding(): boolean {
    return this.#inserter !== undefined && this.#inserter.held.length > 0
  }

  get isCaptured(): boolean {
    return this.#capture !== undefined
  }

  /** Gives away what was kept of the page; `undefined` when it cannot be stored, or was no page after all. */
  takeCapture(): CapturedBody | undefined {
    if (this.kind !== 'page' && this.kind !== 'frameset') this.discard()
    const capture = this.#capture
    this.#capture = undefined
    return capture
  }

  /** The page will not be stored. */
  discard(): void {
    this.#capture?.discard()
    this.#capture = undefined
  }

  /** Takes a page that is given whole, and ends it; `owned` says that nobody else may change its bytes later. */
  takeWhole(bytes: Buffer, owned: boolean, out: Buffer[]): void {
    if (!this.#storesSent) this.#capture?.hold(bytes, owned)
    this.#insert(bytes, out)
    this.end(out)
  }

  /** Takes the next bytes. Answers whether they leave just as they are. */
  take(bytes: Buffer, out: Buffer[]): boolean {
    // Copied first: where their end is looked at afterwards, the processor has it at hand.
    if (!this.#storesSent) this.#capture?.add(bytes)
    if (this.#passes(bytes)) {
      if (this.#storesSent) this.#capture?.add(bytes)
      out.push(bytes)
      return true
    }
    this.#insert(bytes, out)
    return false
  }

  #passes(bytes: Buffer): boolean {
    try {
      return this.#inserter?.passes(bytes) ?? true
    } catch {
      return false // It is told where the same bytes are inserted.
    }
  }

  #insert(bytes: Buffer, out: Buffer[]): void {
    const inserter = this.#inserter
    if (inserter === undefined) {
      out.push(bytes)
      return
    }
    const from = out.length
    const { held } = inserter
    try {
      inserter.push(bytes, out)
    } catch (error) {
      this.#giveUp(error, held, bytes, out, from)
    }
    this.#account(bytes.length, out, from)
  }

  /** The page is complete. */
  end(out: Buffer[]): void {
    const from = out.length
    const inserter = this.#inserter
    const held = inserter?.held ?? NOTHING
    try {
      inserter?.end(out)
    } catch (error) {
      this.#giveUp(error, held, NOTHING, out, from)
    }
    this.#account(0, out, from)
    const missing = this.#promisedGrowth - this.#growth
    if (missing <= 0) return
    const padding = Buffer.alloc(missing, SPACE)
    out.push(padding)
    if (this.#storesSent) this.#capture?.add(padding)
  }

  /** The application is silent: lets a whole tail go that was held, with its snippet. */
  release(out: Buffer[]): void {
    const inserter = this.#inserter
    if (inserter === undefined) return
    const { held } = inserter
    try {
      inserter.release(out)
    } catch (error) {
      this.#giveUp(error, held, NOTHING, out, 0)
    }
    this.#account(0, out, 0)
  }

  /** What these bytes, if they were its first ones, would show the page to be. They are not taken. */
  kindOf(bytes: Buffer): Inserter['kind'] {
    const inserter = new Inserter(this.#plan)
    inserter.push(bytes, [])
    return inserter.kind
  }

  /** The page breaks off: what was held leaves as it is, nothing more is inserted, and the page is not stored. */
  breakOff(out: Buffer[]): void {
    const held = this.#inserter?.held ?? NOTHING
    this.#inserter = undefined
    this.discard()
    if (held.length > 0) out.push(held)
  }

  /**
   * Answers by how many bytes the page will grow, and keeps to it: where in the end fewer were inserted (into a
   * frameset, beside a marker, or because the inserter failed), spaces follow the last byte.
   */
  promiseGrowth(): number {
    for (const snippet of buffersOf(this.#plan)) this.#promisedGrowth += snippet?.length ?? 0
    return this.#promisedGrowth
  }

  #account(taken: number, out: readonly Buffer[], from: number): void {
    const given = from === 0 ? out : out.slice(from)
    this.#growth += byteLength(given) - taken
    if (this.#storesSent) for (const piece of given) this.#capture?.add(this.#replaced?.get(piece) ?? piece)
  }

  /** What was held and what was just given goes out as it is, and the inserter is not asked again. */
  #giveUp(error: unknown, held: Buffer, bytes: Buffer, out: Buffer[], from: number): void {
    this.#inserter = undefined
    this.discard()
    out.length = from
    if (held.length > 0) out.push(held)
    if (bytes.length > 0) out.push(bytes)
    this.#onFailure(error)
  }
}

/** The inserter gives the very buffers of its plan. */
function replacements(plan: InsertionPlan, stored: InsertionPlan): ReadonlyMap<Buffer, Buffer> {
  const texts = buffersOf(stored)
  const pairs = buffersOf(plan).map((text, index) => [text, texts[index]] as const)
  return new Map(pairs.filter((pair): pair is [Buffer, Buffer] => pair[0] !== undefined))
}
