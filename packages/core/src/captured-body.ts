// The body of one page on its way into the cache: kept while it passes, up to a bound, with as few copies as can be.
import type { AsyncResource } from 'node:async_hooks'
import type { BodySink, CacheProvider, PageFacts, ProviderCallOptions } from './cache-provider.js'
import { toError } from './errors.js'
import { GatheredBytes } from './gathered-bytes.js'
import type { PageToken } from './page-token.js'

/** One per page. */
export class CapturedBody {
  readonly #provider: CacheProvider
  readonly #maxBytes: number
  #bytes = 0
  /** Where pieces go: into the provider's own memory, or else into ours until the page is complete. */
  #sink: BodySink | undefined
  #gathered: GatheredBytes | undefined
  /** The page, where it came in one piece. */
  #whole: Buffer | undefined
  #ownsWhole = false
  #failure: Error | undefined
  readonly #request: AsyncResource | undefined

  /** `request`: the async context in which what becomes of the page is told; none where nobody listens. */
  constructor(provider: CacheProvider, maxBytes: number, request?: AsyncResource) {
    this.#provider = provider
    this.#maxBytes = maxBytes
    this.#request = request
  }

  /** Calls `action` in the async context of the page's request: a response may finish in that of another one. */
  inRequest(action: () => void): void {
    if (this.#request === undefined) action()
    else this.#request.runInAsyncScope(action)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Nothing is kept of a page that is longer than the bound. */
  get tooLarge(): boolean {
    return this.#bytes > this.#maxBytes
  }

  /** What a provider's sink threw; nothing is kept then. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /**
   * Takes all of a page in one piece. Where it is not `owned` it is the application's, who may not change it before the
   * response has finished (Node sends it from there), and may then: so `store` must be called at that moment.
   */
  hold(page: Buffer, owned: boolean): void {
    this.#bytes = page.length
    if (this.tooLarge) return
    this.#whole = page
    this.#ownsWhole = owned
  }

  /** Copies the next bytes of a page that comes in pieces. Never throws: whatever fails here, the visitor's page goes on. */
  add(chunk: Buffer): void {
    if (this.#bytes > this.#maxBytes || this.#failure !== undefined) return
    this.#bytes += chunk.length
    if (this.tooLarge) return this.discard()
    try {
      this.#keep(chunk)
    } catch (error) {
      this.#failure = toError(error)
      this.discard()
    }
  }

  /** Stores the page as the provider or its sink does; call it once. What was held has been copied when it returns. */
  store(token: PageToken, page: PageFacts, options: ProviderCallOptions): Promise<void> | undefined {
    const whole = this.#whole
    this.#whole = undefined
    const sink = this.#sink ?? (this.#gathered === undefined ? this.#provider.openSink?.() : undefined)
    // A provider of somebody else's may answer with something else than a promise; it has stored the page then.
    if (sink === undefined)
      return Promise.resolve(this.#provider.store(token, { ...page, body: this.#takeBuffer(whole) }, options))
    // Ours to let go until the provider has it: a sink may throw.
    this.#sink = sink
    if (whole !== undefined) sink.add(whole)
    this.#sink = undefined
    return sink.store(token, page, options)
  }

  /** The page will not be stored, or has been. Never throws. */
  discard(): void {
    const sink = this.#sink
    this.#whole = undefined
    this.#sink = undefined
    this.#gathered?.release()
    this.#gathered = undefined
    try {
      sink?.discard()
    } catch (error) {
      this.#failure ??= toError(error)
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#gathered === undefined) this.#sink ??= this.#provider.openSink?.()
    if (this.#sink === undefined) (this.#gathered ??= new GatheredBytes()).add(chunk)
    else this.#sink.add(chunk)
  }

  #takeBuffer(whole: Buffer | undefined): Buffer {
    if (whole === undefined) return this.#gathered?.join() ?? Buffer.alloc(0)
    if (this.#ownsWhole) return whole
    const body = Buffer.allocUnsafeSlow(whole.length)
    whole.copy(body)
    return body
  }
}
