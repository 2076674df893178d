// One response on its way through the filter. It decides when the headers are about to go; from then on it either has
// no part in the response any more, or takes the page's bytes, keeps them, and passes them on with the snippets.
import { Inserter, publish, type PageToken, type PassOver } from '@facsimile/core'
import { readBodyArguments, toBytes, type BodyArguments, type Callback } from './body-arguments.js'
import { nonceOf } from './content-security-policy.js'
import { judgeResponse, type PageCharset } from './eligibility.js'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import { PageCapture } from './page-capture.js'
import { declareLength, editPageHeaders } from './page-headers.js'
import {
  createHeaderReader,
  mergeHeaders,
  readHeadArguments,
  type HeaderReader,
  type HeadersArgument,
} from './response-headers.js'
import { markEntityTag } from './validators.js'
import type { Visit } from './visit.js'

/** A tail that is held back is let go when the application has been silent for so long. */
const SILENCE_MS = 250
/** Pieces up to this size together leave in one write: copying them costs less than three writes. */
const JOIN_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

/** `waiting` for the headers; then `passing` without the filter, `headers-only`, or a `page` until it has `ended`. */
type State = 'waiting' | 'passing' | 'headers-only' | 'page' | 'ended'

/** The write() or end() that makes the headers go; `whole` says that it is the entire body. */
type FirstBody = BodyArguments & { readonly whole: boolean }

export class PageResponse {
  readonly #res: Response
  readonly #visit: Visit
  readonly #context: FilterContext
  readonly #original: Pick<Response, 'writeHead' | 'write' | 'end'>
  readonly #own: Pick<Response, 'writeHead' | 'write' | 'end'>
  #state: State = 'waiting'
  #firstBody: FirstBody | undefined
  /** What the first body came to, while its headers are being written. */
  #firstOutput: Buffer[] = []
  #inserter: Inserter | undefined
  #capture: PageCapture | undefined
  #contentType = ''
  #silence: NodeJS.Timeout | undefined

  /** Takes the place of the response's writeHead(), write() and end(). */
  constructor(res: Response, visit: Visit, context: FilterContext) {
    this.#res = res
    this.#visit = visit
    this.#context = context
    this.#original = { writeHead: res.writeHead, write: res.write, end: res.end }
    this.#own = {
      writeHead: (...args: unknown[]) => this.#onWriteHead(args),
      write: (...args: unknown[]) => this.#onWrite(args),
      end: (...args: unknown[]) => this.#onEnd(args),
    } as Pick<Response, 'writeHead' | 'write' | 'end'>
    Object.assign(res, this.#own)
  }

  /** The page's token, for an application that places it itself; `undefined` where the page will not be stored. */
  get token(): PageToken | undefined {
    const willBeStored = this.#state === 'waiting' || this.#capture !== undefined
    return willBeStored ? this.#visit.claimToken() : undefined
  }

  #onWriteHead(args: unknown[]): Response {
    const writeHead = this.#original.writeHead as (...args: unknown[]) => Response
    if (this.#state !== 'waiting') return writeHead.apply(this.#res, args)
    const { statusCode, statusMessage, headers } = readHeadArguments(args)
    const merged = this.#decide(statusCode, headers)
    if (!merged) {
      this.#declareFirstBody(statusCode, headers)
      return writeHead.apply(this.#res, args)
    }
    return statusMessage === undefined
      ? writeHead.call(this.#res, statusCode)
      : writeHead.call(this.#res, statusCode, statusMessage)
  }

  #onWrite(args: unknown[]): boolean {
    const write = this.#original.write as (...args: unknown[]) => boolean
    const body = readBodyArguments(args)
    if (this.#state === 'waiting' && isBytes(body.chunk)) {
      this.#settle({ ...body, whole: false })
      if (this.#isPage()) return this.#give(this.#takeFirstOutput(), body.callback)
    }
    if (this.#state !== 'page') return write.apply(this.#res, args)
    const bytes = toBytes(body.chunk, body.encoding)
    if (bytes === undefined) return write.apply(this.#res, args)
    const out: Buffer[] = []
    this.#take(bytes, typeof body.chunk === 'string', out)
    return this.#give(out, body.callback)
  }

  #onEnd(args: unknown[]): Response {
    const end = this.#original.end as (...args: unknown[]) => Response
    const body = readBodyArguments(args)
    if (this.#state === 'waiting' && (isBytes(body.chunk) || isNothing(body.chunk))) {
      this.#settle({ ...body, whole: true })
      if (this.#isPage()) return this.#finish(this.#takeFirstOutput(), body.callback)
    }
    if (this.#state !== 'page') return end.apply(this.#res, args)
    const bytes = isNothing(body.chunk) ? NOTHING : toBytes(body.chunk, body.encoding)
    if (bytes === undefined) return end.apply(this.#res, args)
    const out: Buffer[] = []
    this.#take(bytes, typeof body.chunk === 'string', out)
    this.#takeEnd(out)
    return this.#finish(out, body.callback)
  }

  /** The application writes without having called writeHead(). */
  #settle(firstBody: FirstBody): void {
    const res = this.#res
    if (res.headersSent) return this.#leave()
    this.#firstBody = firstBody
    if (res.writeHead === this.#own.writeHead) this.#decide(res.statusCode, undefined)
    else {
      // A middleware between us and the application sets headers at the last moment, so its turn is first.
      res.writeHead(res.statusCode)
      if (this.#isWaiting()) this.#leave()
    }
    this.#firstBody = undefined
  }

  /** Answers whether the response is ours to head; then `headers` are merged into the response and edited. */
  #decide(statusCode: number, headers: HeadersArgument | undefined): boolean {
    try {
      const header = createHeaderReader(this.#res, headers)
      const judged = judgeResponse(statusCode, header)
      if (judged.passOver === undefined) return this.#becomePage(judged.charset, header, headers)
      if (statusCode === 304 && this.#visit.asksByOwnTag) return this.#becomeNotModified(headers)
      this.#passOver(judged.passOver)
    } catch (error) {
      this.#fail(error)
    }
    return false
  }

  #becomePage(charset: PageCharset, header: HeaderReader, headers: HeadersArgument | undefined): boolean {
    const { snippets, method } = this.#visit
    if (method === 'HEAD') {
      this.#visit.abandon()
      this.#head(headers, undefined)
      this.#state = 'headers-only'
      return true
    }
    const nonce = snippets.carriesNonce ? nonceOf(header('content-security-policy')) : undefined
    this.#inserter = new Inserter(snippets.render(this.#visit.snippetValues(nonce), charset))
    if (this.#visit.token !== undefined) this.#capture = new PageCapture(this.#context.settings.maxPageBytes)
    this.#contentType = header('content-type') ?? ''
    const out = this.#takeFirstBody()
    if (out === undefined || this.#inserter.kind === 'fragment') {
      this.#passOver('fragment')
      return false
    }
    this.#head(headers, this.#firstBody?.whole === true ? byteLength(out) : undefined)
    this.#firstOutput = out
    this.#state = 'page'
    this.#res.once('finish', () => this.#onFinish())
    this.#res.once('close', () => this.#onClose())
    if (snippets.count > 0) publish('facsimile:injected', () => ({ snippets: snippets.count }))
    return true
  }

  #becomeNotModified(headers: HeadersArgument | undefined): boolean {
    mergeHeaders(this.#res, headers)
    markEntityTag(this.#res, this.#visit.snippets.id)
    this.#visit.abandon()
    this.#state = 'headers-only'
    return true
  }

  #head(headers: HeadersArgument | undefined, bodyBytes: number | undefined): void {
    mergeHeaders(this.#res, headers)
    editPageHeaders(this.#res, this.#visit, this.#context, bodyBytes)
    const { isViewer, snippets } = this.#visit
    if (isViewer) this.#res.setHeader('Facsimile-Status', `injected; snippets=${snippets.count}`)
  }

  /** Runs the body that makes the headers go through the inserter: a fragment is told before they are touched. */
  #takeFirstBody(): Buffer[] | undefined {
    const first = this.#firstBody
    const out: Buffer[] = []
    if (first === undefined) return out
    if (!isNothing(first.chunk) || !first.whole) {
      const bytes = toBytes(first.chunk, first.encoding)
      if (bytes === undefined) return undefined
      this.#take(bytes, typeof first.chunk === 'string', out)
    }
    if (first.whole) this.#takeEnd(out)
    return out
  }

  #takeFirstOutput(): Buffer[] {
    const out = this.#firstOutput
    this.#firstOutput = []
    return out
  }

  #take(bytes: Buffer, owned: boolean, out: Buffer[]): void {
    const produced = this.#context.settings.storeAs === 'produced'
    if (produced) this.#capture?.add(bytes, owned)
    const from = out.length
    this.#insert(out, (inserter) => inserter.push(bytes, out), bytes)
    if (!produced) this.#captureSent(out, from)
  }

  #takeEnd(out: Buffer[]): void {
    const from = out.length
    this.#insert(out, (inserter) => inserter.end(out), NOTHING)
    if (this.#context.settings.storeAs === 'sent') this.#captureSent(out, from)
  }

  #captureSent(out: readonly Buffer[], from: number): void {
    for (const piece of out.slice(from)) this.#capture?.add(piece, false)
  }

  /** When the inserter fails, what it held and was given goes out as it is, and it is not asked again. */
  #insert(out: Buffer[], action: (inserter: Inserter) => void, bytes: Buffer): void {
    const inserter = this.#inserter
    if (inserter === undefined) {
      if (bytes.length > 0) out.push(bytes)
      return
    }
    const from = out.length
    const held = inserter.held
    try {
      action(inserter)
    } catch (error) {
      this.#report(error)
      this.#inserter = undefined
      this.#capture = undefined
      this.#visit.abandon()
      out.splice(from, Infinity, ...[held, bytes].filter((piece) => piece.length > 0))
    }
  }

  /** Writes what may leave; a chunk that is held back entirely still counts for callback and back-pressure. */
  #give(out: readonly Buffer[], callback: Callback | undefined): boolean {
    const write = this.#original.write as (this: Response, chunk: Buffer, callback?: Callback) => boolean
    this.#awaitSilence()
    const last = out.length - 1
    for (let at = 0; at < last; at++) write.call(this.#res, out[at]!)
    const piece = out[last] ?? NOTHING
    return callback === undefined ? write.call(this.#res, piece) : write.call(this.#res, piece, callback)
  }

  #finish(out: readonly Buffer[], callback: Callback | undefined): Response {
    clearTimeout(this.#silence)
    this.#state = 'ended'
    const { write, end } = this.#original as {
      write: (this: Response, chunk: Buffer) => boolean
      end: (this: Response, chunk: Buffer, callback?: Callback) => Response
    }
    const pieces = out.length > 1 && byteLength(out) <= JOIN_BYTES ? [Buffer.concat(out)] : out
    const last = pieces.length - 1
    for (let at = 0; at < last; at++) write.call(this.#res, pieces[at]!)
    const piece = pieces[last] ?? NOTHING
    return callback === undefined ? end.call(this.#res, piece) : end.call(this.#res, piece, callback)
  }

  #awaitSilence(): void {
    clearTimeout(this.#silence)
    if (this.#inserter === undefined || this.#inserter.held.length === 0) return
    this.#silence = setTimeout(() => this.#onSilence(), SILENCE_MS).unref()
  }

  #onSilence(): void {
    if (this.#state !== 'page' || this.#res.destroyed) return
    const out: Buffer[] = []
    this.#insert(out, (inserter) => inserter.release(out), NOTHING)
    if (this.#context.settings.storeAs === 'sent') this.#captureSent(out, 0)
    for (const piece of out) (this.#original.write as (chunk: Buffer) => boolean).call(this.#res, piece)
  }

  #onFinish(): void {
    const kind = this.#inserter?.kind
    const isWhole = this.#state === 'ended' && !this.#res.destroyed && (kind === 'page' || kind === 'frameset')
    const { token, url, method } = this.#visit
    const capture = this.#capture
    this.#capture = undefined
    if (capture === undefined || token === undefined || !isWhole) return this.#visit.abandon()
    if (capture.tooLarge) return this.#context.pages?.lose(token, 'too-large')
    const capturedAt = this.#context.now()
    this.#context.pages?.keep(token, {
      url,
      method,
      status: this.#res.statusCode,
      contentType: this.#contentType,
      capturedAt,
      expiresAt: capturedAt + this.#context.settings.maxCachedSeconds * 1000,
      body: capture.take(),
    })
  }

  /** After a complete response there is nothing left to let go. */
  #onClose(): void {
    clearTimeout(this.#silence)
    if (this.#capture === undefined) return
    this.#capture = undefined
    this.#visit.abandon()
  }

  #passOver(reason: PassOver): void {
    this.#leave()
    publish('facsimile:skipped', () => ({ reason }))
    if (this.#visit.isViewer) this.#res.setHeader('Facsimile-Status', `skipped; reason=${reason}`)
  }

  #fail(error: unknown): void {
    this.#report(error)
    this.#passOver('error')
  }

  #report(error: unknown): void {
    this.#context.logger.error({ err: error }, 'Facsimile failed on a page and left it as it was.')
  }

  /** Gives the response's own methods back. A middleware that wrapped ours goes on calling them, at the price of a branch. */
  #leave(): void {
    this.#state = 'passing'
    this.#inserter = undefined
    this.#capture = undefined
    this.#visit.abandon()
    const { writeHead, write, end } = this.#own
    if (this.#res.writeHead === writeHead) this.#res.writeHead = this.#original.writeHead
    if (this.#res.write === write) this.#res.write = this.#original.write
    if (this.#res.end === end) this.#res.end = this.#original.end
  }

  /** Node declares the length of a body that is given whole only when it writes the headers itself, so we do it here. */
  #declareFirstBody(statusCode: number, headers: HeadersArgument | undefined): void {
    const first = this.#firstBody
    if (first?.whole !== true || this.#visit.method === 'HEAD') return
    if (statusCode < 200 || statusCode === 204 || statusCode === 304) return
    if (createHeaderReader(this.#res, headers)('content-length') !== undefined) return
    const bytes = isNothing(first.chunk) ? NOTHING : toBytes(first.chunk, first.encoding)
    if (bytes !== undefined) declareLength(this.#res, bytes.length)
  }

  // Methods, because the compiler does not see that a call changes the state.
  #isPage(): boolean {
    return this.#state === 'page'
  }

  #isWaiting(): boolean {
    return this.#state === 'waiting'
  }
}

function isNothing(chunk: unknown): chunk is null | undefined {
  return chunk === undefined || chunk === null
}

/** Whether Node takes it; for anything else write() throws before the headers go. */
function isBytes(chunk: unknown): boolean {
  return typeof chunk === 'string' || chunk instanceof Uint8Array
}

function byteLength(pieces: readonly Buffer[]): number {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  return bytes
}
