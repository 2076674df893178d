// The way of a page that comes compressed: decoded, led through the page body and encoded again, off the event loop and
// at the pace of the client.
import { byteLength, isNothing, NOTHING, toBytes, type BodyArguments, type Callback } from './body-arguments.js'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import { endLate, writeLate } from './late-writes.js'
import { PacedOutput } from './paced-output.js'
import type { PageBody } from './page-body.js'
import { ExpansionError, PageCodecs } from './page-codecs.js'
import type { PageCoding } from './page-coding.js'
import { PendingWrites } from './pending-writes.js'
import { ResponseFront } from './response-front.js'
import type { ResponseMethods } from './response-methods.js'
import { unwatchSilence, watchSilence, type SilenceListener } from './silence-watch.js'

/** While nothing of the page has left, so much of what came is kept, so that it can still leave as it came. */
const MOST_KEPT_BYTES = 64 * 1024

export class CodedPage implements SilenceListener {
  readonly recodes: boolean
  readonly #res: Response
  readonly #methods: ResponseMethods
  readonly #body: PageBody
  readonly #context: FilterContext
  readonly #front: ResponseFront
  readonly #codecs: PageCodecs
  readonly #output: PacedOutput
  readonly #pending = new PendingWrites()
  /** What came, while nothing of the page has left. */
  #kept: Buffer[] = []
  /** Whether something was encoded since the encoders were flushed. */
  #isUnflushed = false
  #isBusy = false
  #isReleaseDue = false
  readonly #isDecoded: boolean
  /** Whether the rest leaves as it comes. */
  #isPassing = false
  #isEnded = false
  #endCallback: Callback | undefined
  #isClosed = false

  constructor(
    res: Response,
    methods: ResponseMethods,
    body: PageBody,
    { codings, decoded, recodes }: PageCoding,
    context: FilterContext,
  ) {
    this.recodes = recodes
    this.#res = res
    this.#methods = methods
    this.#body = body
    this.#context = context
    this.#isDecoded = decoded !== undefined
    this.#codecs = new PageCodecs(codings, decoded ?? [])
    this.#front = ResponseFront.join(res)
    this.#output = new PacedOutput(methods, this.#front)
  }

  /** The headers go before the first byte of the body has been made. Throws what Node throws. */
  sendHead(): void {
    if (!this.#res.headersSent) this.#methods.writeHead([this.#res.statusCode])
  }

  write(args: unknown[], body: BodyArguments): boolean {
    // Over HTTP/2 Node's own end() comes this way.
    if (this.#isEnded && this.#front.isPassing) return this.#methods.write(args)
    if (this.#isEnded || this.#isClosed) return writeLate(this.#res, args, body.callback)
    const bytes = toBytes(body)
    // Decoding takes a while, in which the application may use its memory again.
    this.#pending.add(typeof body.chunk === 'string' ? bytes : Buffer.from(bytes), body.callback)
    this.#start()
    if (this.#pending.bytes < this.#res.writableHighWaterMark && !this.#output.isStalled) return true
    // Another page that hands this on waits for its callback.
    if (!this.#front.isPassing) this.#front.expectDrain()
    return false
  }

  end(args: unknown[], body: BodyArguments): Response {
    if (this.#isEnded || this.#isClosed) return endLate(this.#res, args, body.callback)
    return this.#end(isNothing(body.chunk) ? [] : [toBytes(body)], body.callback)
  }

  /** For a page that has been led through the page body already, which gave `pieces`. */
  endDecoded(pieces: readonly Buffer[], callback: Callback | undefined): Response {
    return this.#end(pieces, callback)
  }

  /** Whether the page has been decoded, and waits for `endDecoded`. */
  get isDecoded(): boolean {
    return this.#isDecoded
  }

  onSilence(): void {
    this.#isReleaseDue = true
    this.#start()
  }

  /** The response is over, or goes on without us. Frees what the codecs hold. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    unwatchSilence(this)
    this.#codecs.close()
    this.#front.leave()
    this.#output.close(this.#pending.drop())
  }

  #end(bytes: readonly Buffer[], callback: Callback | undefined): Response {
    for (const chunk of bytes) this.#pending.add(chunk, undefined)
    this.#isEnded = true
    this.#endCallback = callback
    this.#front.end()
    this.#start()
    return this.#res
  }

  #start(): void {
    unwatchSilence(this)
    if (this.#isBusy) return
    this.#isBusy = true
    this.#work().catch((error: unknown) => this.#fail(error))
  }

  async #work(): Promise<void> {
    while (this.#isOpen()) {
      const batch = this.#pending.take()
      if (batch !== undefined) {
        this.#output.callBack(batch.callbacks)
        await this.#passOn(batch.bytes)
        continue
      }
      if (this.#isEnded) return this.#complete()
      if (this.#isReleaseDue) await this.#release()
      // Whoever waits for room may fill it at once: then it is too early to flush.
      this.#front.drain()
      if (this.#isIdle()) await this.#flush()
      if (this.#isIdle()) break
    }
    this.#isBusy = false
    if (this.#body.isHolding && this.#isOpen()) watchSilence(this)
  }

  async #passOn(bytes: Buffer): Promise<void> {
    if (this.#isDecoded) return this.#encode(bytes)
    if (this.#isPassing) return this.#output.give(bytes)
    if (this.recodes && !this.#output.hasLeft) this.#kept.push(bytes)
    try {
      for await (const decoded of this.#codecs.decode(bytes)) await this.#insert(decoded)
    } catch (error) {
      return this.#breakOff(error, bytes)
    }
    if (this.recodes) return this.#reconsider()
    // Who has the last byte may hang up, and only what was complete before is stored: so it waits for its end.
    if (this.#isEnded && this.#pending.isEmpty) this.#output.hold(bytes)
    else await this.#output.give(bytes)
  }

  async #insert(decoded: Buffer): Promise<void> {
    const out: Buffer[] = []
    this.#body.take(decoded, out)
    if (this.recodes) await this.#encode(join(out))
  }

  async #encode(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return
    this.#isUnflushed = true
    for await (const encoded of this.#codecs.encode(bytes)) await this.#output.give(encoded)
  }

  /** While nothing has left, a page that turns out to be none, or is not to be told, can leave as it came. */
  async #reconsider(): Promise<void> {
    if (this.#hasLeft()) {
      this.#kept = []
      return
    }
    const { kind } = this.#body
    if (kind === 'fragment' || kind === 'other-charset' || kind === 'failed') return this.#stepAside()
    if (byteLength(this.#kept) <= MOST_KEPT_BYTES) return
    await this.#flush()
    if (!this.#hasLeft()) await this.#stepAside()
  }

  async #stepAside(): Promise<void> {
    this.#output.drop()
    this.#letPass()
    for (const bytes of this.#kept.splice(0)) await this.#output.give(bytes)
  }

  /** From here on what comes leaves as it comes. */
  #letPass(): void {
    this.#isPassing = true
    this.#isUnflushed = false
    this.#body.breakOff([])
    this.#codecs.stopDecoding()
  }

  /**
   * The page cannot be decoded any further. What was decoded so far leaves, and then the rest as it came: the client's
   * decoder fails where it would have failed, or makes do with a page that was cut off.
   */
  async #breakOff(error: unknown, bytes: Buffer): Promise<void> {
    if (!this.#isOpen() || (error instanceof ExpansionError && this.recodes)) throw error
    this.#report(error)
    const out: Buffer[] = []
    this.#body.breakOff(out)
    if (this.recodes && !this.#output.hasLeft) return this.#stepAside()
    if (this.recodes) {
      await this.#encode(join(out))
      await this.#flush()
      const { breach } = this.#codecs
      if (bytes.length > 0 && breach !== undefined) await this.#output.give(breach)
    }
    this.#letPass()
    await this.#output.give(bytes)
  }

  /** The application is silent: lets a whole tail go that was held. */
  async #release(): Promise<void> {
    this.#isReleaseDue = false
    const out: Buffer[] = []
    this.#body.release(out)
    if (this.recodes) await this.#encode(join(out))
  }

  /** What was written so far leaves. */
  async #flush(): Promise<void> {
    if (this.#isUnflushed) for await (const encoded of this.#codecs.flush()) await this.#output.give(encoded)
    this.#isUnflushed = false
    await this.#output.flush()
  }

  async #complete(): Promise<void> {
    if (!this.#isDecoded && !this.#isPassing) await this.#completePage()
    if (!this.#isPassing) for await (const encoded of this.#codecs.encodeRest()) await this.#output.give(encoded)
    this.#output.end(this.#endCallback)
    this.close()
  }

  async #completePage(): Promise<void> {
    try {
      for await (const decoded of this.#codecs.decodeRest()) await this.#insert(decoded)
    } catch (error) {
      return this.#breakOff(error, NOTHING)
    }
    const out: Buffer[] = []
    this.#body.end(out)
    if (!this.recodes) return
    await this.#reconsider()
    if (!this.#isPassing) await this.#encode(join(out))
  }

  #fail(error: unknown): void {
    if (!this.#isOpen()) return
    if (error instanceof ExpansionError) this.#report(error)
    else this.#context.reportFailure(error)
    this.#res.destroy()
  }

  #report(error: unknown): void {
    this.#context.events.publish('facsimile:skipped', () => ({ reason: 'undecodable' }))
    this.#context.logger.warn({ err: error }, 'A compressed page could not be decoded to its end, and is not stored.')
  }

  // Methods, because the compiler does not see that the state changes while others are at work.
  #isOpen(): boolean {
    return !this.#isClosed
  }

  #isIdle(): boolean {
    return this.#pending.isEmpty && !this.#isEnded
  }

  #hasLeft(): boolean {
    return this.#output.hasLeft
  }
}

function join(pieces: readonly Buffer[]): Buffer {
  const [first = NOTHING] = pieces
  return pieces.length < 2 ? first : Buffer.concat(pieces)
}
