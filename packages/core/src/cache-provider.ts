// The contract between Facsimile and whatever keeps its pages.
import type { PageToken } from './page-token.js'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UnixMs = number

/** One page as a visitor was given it. */
export interface CapturedPage {
  /** Path and query as the request gave them; the Host header is not trusted. */
  readonly url: string
  readonly method: string
  readonly status: number
  readonly contentType: string
  readonly capturedAt: UnixMs
  /** The page is never served at or after this instant. */
  readonly expiresAt: UnixMs
  /** The page's own bytes in its own charset, not compressed. */
  readonly body: Buffer
}

/** What is known of a page beside its body. */
export type PageFacts = Omit<CapturedPage, 'body'>

export interface ProviderCallOptions {
  /** The caller stops waiting when this aborts; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Takes the body of one page in pieces. */
export interface BodySink {
  /** Copies the next bytes. */
  add(bytes: Buffer): void
  /**
   * Does what the provider's `store` does, with the bytes that were added. Called once at most, and last. Answers nothing
   * when all is done already; may also throw where `store` would reject.
   */
  store(token: PageToken, page: PageFacts, options?: ProviderCallOptions): Promise<void> | undefined
  /** The page is not to be stored after all: lets go of its bytes. Never called after `store`. */
  discard(): void
}

/**
 * Keeps pages until they are pulled or expire. A miss is `undefined`, a failure rejects: a dead store never looks
 * empty. Every method may be called concurrently, from several processes where the store is shared, and rejects with
 * code `PROVIDER_CLOSED` after `close()`. `@facsimile/core/testing` holds a suite that every provider must pass.
 */
export interface CacheProvider {
  /** A word for logs and errors, such as `memory`. */
  readonly name: string

  /**
   * Keeps `page` under `token` until `page.expiresAt`, in place of what was there. Resolves when a pull would find it.
   * A page that has already expired resolves and keeps nothing, not even what was there. Rejects with `PAGE_TOO_LARGE`
   * when it can never fit. A provider may keep `page` by reference: its body must not change afterwards.
   */
  store(token: PageToken, page: CapturedPage, options?: ProviderCallOptions): Promise<void>

  /**
   * Reads and removes in one atomic step: of any number of concurrent pulls, exactly one gets the page. So a page is
   * handed out at most once: a pull that fails or is cancelled under way may have taken it.
   */
  pull(token: PageToken, options?: ProviderCallOptions): Promise<CapturedPage | undefined>

  /**
   * For a provider that keeps bodies in memory of its own: each page is then copied once, while it passes. Without it
   * pages are gathered first, and come to `store` in one piece.
   */
  openSink?(): BodySink

  /** Reads and leaves the page where it is. */
  peek(token: PageToken, options?: ProviderCallOptions): Promise<CapturedPage | undefined>

  /** Removes the page; answers whether there was one that had not expired. */
  remove(token: PageToken): Promise<boolean>

  /** Tries the store and answers with sentences, one per problem; empty when healthy. Never rejects. */
  check(): Promise<readonly string[]>

  /**
   * How much waits in the store, for the debug page: found out without reading pages, and bounded in what it costs.
   * Rejects when the store does not answer.
   */
  usage?(): Promise<CacheUsage>

  /** Waits for calls under way and lets go of everything that keeps the process alive. A second call does nothing more. */
  close(): Promise<void>
}

/** What a store holds, as far as it can tell. */
export interface CacheUsage {
  /** Those that can be pulled, and perhaps some that have just expired. */
  readonly pages?: number
  /** Of their bodies and metadata, as they are stored. */
  readonly bytes?: number
  readonly maxPages?: number
  readonly maxBytes?: number
  /** A sentence on what the numbers do not say, such as how full the server is. */
  readonly note?: string
}

/** How much the `memory` and `file` providers may hold; the oldest page goes first. */
export interface CacheBounds {
  /** Pages at most. @default 10_000 */
  readonly maxCachedPages?: number
  /** Bytes of bodies and their metadata at most. @default 268_435_456 (256 MiB) */
  readonly maxCachedBytes?: number
}
