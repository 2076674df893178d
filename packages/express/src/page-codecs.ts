// The decoders and encoders of one page: what it came in is what it leaves in.
import { CodecChain } from './codec-chain.js'
import type { Codec, Coding } from './content-coding.js'

/** A page that expands beyond this, and beyond a thousandfold, is a bomb. */
const BOMB_BYTES = 256 * 1024 * 1024
const BOMB_EXPANSION = 1000

/** What a bomb is refused with. */
export class ExpansionError extends Error {}

export class PageCodecs {
  readonly #decoders: CodecChain
  /** In the order of the codings, as far as they are known. */
  readonly #codecs: Codec[]
  #encoders: CodecChain | undefined
  #isClosed = false
  #takenBytes = 0
  #expandedBytes = 0

  /** `codecs` are those of a page that has been decoded elsewhere; otherwise the decoders find them out. */
  constructor(codings: readonly Coding[], codecs: readonly Codec[]) {
    this.#codecs = [...codecs]
    this.#decoders = new CodecChain(
      codings.toReversed().map((coding) => (firstByte) => {
        const codec = coding(firstByte)
        this.#codecs.unshift(codec)
        return codec.createDecoder()
      }),
      [],
      (bytes) => this.#countExpanded(bytes),
    )
  }

  /** What nobody's decoder takes for anything, after what `flush` gave. */
  get breach(): Buffer | undefined {
    return this.#codecs.at(-1)?.breach
  }

  decode(bytes: Buffer): AsyncGenerator<Buffer, void> {
    this.#takenBytes += bytes.length
    return this.#decoders.feed(bytes)
  }

  /** Throws when the page is not complete. */
  decodeRest(): AsyncGenerator<Buffer, void> {
    return this.#decoders.finish()
  }

  stopDecoding(): void {
    this.#decoders.close()
  }

  /** To be called when something has been decoded, for only then the codecs are known. */
  encode(bytes: Buffer): AsyncGenerator<Buffer, void> {
    this.#encoders ??= this.#createEncoders()
    return this.#encoders.feed(bytes)
  }

  async *flush(): AsyncGenerator<Buffer, void> {
    if (this.#encoders !== undefined) yield* this.#encoders.flush()
  }

  async *encodeRest(): AsyncGenerator<Buffer, void> {
    if (this.#encoders !== undefined) yield* this.#encoders.finish()
  }

  /** Frees what they hold; what is under way throws. */
  close(): void {
    this.#isClosed = true
    this.#decoders.close()
    this.#encoders?.close()
  }

  #createEncoders(): CodecChain {
    const encoders = new CodecChain(
      this.#codecs.map((codec) => () => codec.createEncoder()),
      this.#codecs.map((codec) => codec.flushFlag),
      () => undefined,
    )
    if (this.#isClosed) encoders.close()
    return encoders
  }

  #countExpanded(bytes: number): void {
    this.#expandedBytes += bytes
    if (this.#expandedBytes > BOMB_BYTES && this.#expandedBytes > BOMB_EXPANSION * this.#takenBytes) {
      throw new ExpansionError(
        `A compressed page of ${this.#takenBytes} bytes expands to more than ${this.#expandedBytes}; it was cut.`,
      )
    }
  }
}
