// Leads bytes through codecs on Node's thread pool, one after the other. Nothing is made before it is asked for, so that
// a reader who waits keeps all of them waiting.
import type { CodecStream } from './content-coding.js'

/** Makes a stream when its first byte is there. */
export type CreateStream = (firstByte: number) => CodecStream

/** What a codec said after it was closed. */
const CLOSED = new Error('The codecs were closed before they were done.')

/** One for all decoders of a page, and one for its encoders. Of its generators only one may be under way. */
export class CodecChain {
  readonly #create: readonly CreateStream[]
  readonly #flushFlags: readonly number[]
  readonly #onOutput: (bytes: number) => void
  readonly #links: CodecLink[] = []
  #isClosed = false

  /** `onOutput` is told how many bytes a codec gave, whichever; what it throws comes out of the generators. */
  constructor(create: readonly CreateStream[], flushFlags: readonly number[], onOutput: (bytes: number) => void) {
    this.#create = create
    this.#flushFlags = flushFlags
    this.#onOutput = onOutput
  }

  /** Gives what comes of `bytes`. */
  async *feed(bytes: Buffer, from = 0): AsyncGenerator<Buffer, void> {
    const create = this.#create[from]
    if (create === undefined) {
      yield bytes
      return
    }
    const [firstByte] = bytes
    if (firstByte === undefined) return
    if (this.#isClosed) throw CLOSED
    const link = (this.#links[from] ??= new CodecLink(create(firstByte)))
    yield* this.#goOn(link.feed(bytes), from)
  }

  /** Gives what the codecs kept to themselves so far. */
  async *flush(): AsyncGenerator<Buffer, void> {
    for (const [at, link] of this.#links.entries()) yield* this.#goOn(link.flush(this.#flushFlags[at]), at)
  }

  /** Gives the rest; throws when it is not complete. */
  async *finish(): AsyncGenerator<Buffer, void> {
    // The next link may come into being by what the one before it gives last.
    for (let at = 0; at < this.#links.length; at++) {
      const link = this.#links[at]
      if (link !== undefined) yield* this.#goOn(link.finish(), at)
    }
  }

  /** Frees what the codecs hold; a generator that is under way throws. */
  close(): void {
    this.#isClosed = true
    for (const link of this.#links) link.close()
  }

  async *#goOn(output: AsyncIterable<Buffer>, at: number): AsyncGenerator<Buffer, void> {
    for await (const bytes of output) {
      this.#onOutput(bytes.length)
      yield* this.feed(bytes, at + 1)
    }
  }
}

/** One zlib stream, asked step by step. */
class CodecLink {
  readonly #stream: CodecStream
  #error: Error | undefined
  #wake: () => void = () => undefined

  constructor(stream: CodecStream) {
    this.#stream = stream
    const wake = () => this.#wake()
    stream.on('readable', wake).on('end', wake)
    stream.on('error', (error) => {
      this.#error = error
      this.#wake()
    })
    stream.on('close', () => {
      this.#error ??= stream.readableEnded ? undefined : CLOSED
      this.#wake()
    })
  }

  feed(bytes: Buffer): AsyncGenerator<Buffer, void> {
    return this.#outputUntilDone((done) => this.#stream.write(bytes, done))
  }

  flush(flag: number | undefined): AsyncGenerator<Buffer, void> {
    return this.#outputUntilDone((done) => this.#stream.flush(flag, done))
  }

  async *finish(): AsyncGenerator<Buffer, void> {
    const stream = this.#stream
    stream.end()
    yield* this.#outputUntil(() => stream.readableEnded)
  }

  close(): void {
    this.#stream.destroy()
  }

  async *#outputUntilDone(start: (done: (error?: Error | null) => void) => void): AsyncGenerator<Buffer, void> {
    let isDone = false
    start((error) => {
      this.#error ??= error ?? undefined
      isDone = true
      this.#wake()
    })
    yield* this.#outputUntil(() => isDone)
  }

  async *#outputUntil(isDone: () => boolean): AsyncGenerator<Buffer, void> {
    for (;;) {
      const bytes = this.#stream.read() as Buffer | null
      if (bytes !== null) yield bytes
      else if (this.#error !== undefined) throw this.#error
      else if (isDone()) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
