// One response on its way through the filter: it waits for the headers, and then either has no part in the response any
// more, or leads the page's bytes through the page body and has them stored when all of them have left.
import type { PageToken, PassOver } from '@facsimile/core'
import {
  isNothing,
  isSendable,
  NOTHING,
  readBodyArguments,
  toBytes,
  type BodyArguments,
  type FirstBody,
} from './body-arguments.js'
import type { FilterContext } from './filter-context.js'
import { CodedPage } from './coded-page.js'
import { isNotHtml } from './eligibility.js'
import { giveSparedTag } from './express-entity-tag.js'
import { decideHead, type Page } from './head-decision.js'
import { isCutShort, isGone, isHttp2, type Response } from './http-types.js'
import type { PageBody } from './page-body.js'
import { declareWholeBody } from './page-headers.js'
import { readHeadArguments, type HeadersArgument } from './response-headers.js'
import { storePage } from './page-storing.js'
import { isQueued, unwatchQueued, watchQueued } from './queued-responses.js'
import type { ClassHooks, StandIn } from './response-hooks.js'
import { ResponseMethods } from './response-methods.js'
import { unwatchSilence, watchSilence, type SilenceListener } from './silence-watch.js'
import { tellInjection, tellPassOver } from './telling.js'
import type { Visit } from './visit.js'
import { WriteRoom } from './write-room.js'

const NO_OUTPUT: readonly Buffer[] = []

/**
 * `waiting` for the headers; then `passing` without the filter, `headers-only`, or a `page` until it has `ended` and
 * all of it has `left`, or until its client has.
 */
type State = 'waiting' | 'passing' | 'headers-only' | 'page' | 'ended' | 'left'

export class PageResponse implements StandIn, SilenceListener {
  outer: StandIn | undefined
  hooks: ClassHooks | undefined
  readonly #res: Response
  readonly #visit: Visit
  readonly #context: FilterContext
  readonly #methods: ResponseMethods
  readonly #room = new WriteRoom()
  #state: State = 'waiting'
  #firstBody: FirstBody | undefined
  #firstOutput = NO_OUTPUT
  #body: PageBody | undefined
  /** Leads the bytes of a compressed page, in place of what stands here for all others. */
  #coded: CodedPage | undefined
  #contentType = ''
  #awaitsSilence = false
  #isQueued = false

  /** Takes the place of the response's writeHead(), write() and end(). */
  static standIn(res: Response, visit: Visit, context: FilterContext): void {
    const standIn = new PageResponse(res, visit, context)
    if (isQueued(res)) standIn.#waitInQueue()
  }

  private constructor(res: Response, visit: Visit, context: FilterContext) {
    this.#res = res
    this.#visit = visit
    this.#context = context
    this.#methods = new ResponseMethods(res, this)
  }

  /** Whether this is the part of the Facsimile `owner` in the response, by whatever settings. */
  isOf(owner: object): boolean {
    return this.#context.owner === owner
  }

  /** The response comes through the same filter once more: harmless, and for those who look a sign of a mistake. */
  passAgain(): void {
    this.#visit.passes++
  }

  get hasInjected(): boolean {
    return this.#visit.fitted.count > 0 && this.#state !== 'waiting' && this.#state !== 'passing'
  }

  dropsEntityTag(contentType: unknown, chunk: unknown): boolean {
    const visit = this.#visit
    if (this.#state !== 'waiting' || !visit.stores || !this.#methods.areFirst) return false
    const isText = contentType === undefined && typeof chunk === 'string'
    const mayBePage = isText || (contentType !== undefined && !isNotHtml(contentType, this.#context.settings.xhtml))
    return mayBePage && !visit.asksConditionally && visit.passOver === undefined
  }

  /** The page's token, for an application that places it itself; `undefined` where the page will not be stored. */
  get token(): PageToken | undefined {
    // Whoever has gone will not get a page.
    if (isGone(this.#res)) return undefined
    if (this.#state !== 'waiting' && this.#body?.isCaptured !== true) return undefined
    return this.#visit.claimToken()
  }

  onWriteHead(args: unknown[]): Response {
    if (this.#state !== 'waiting') return this.#methods.writeHead(args)
    const { statusCode, statusMessage, headers } = readHeadArguments(args)
    this.#decide(statusCode, headers)
    if (this.#firstBody !== undefined && this.#coded?.recodes !== true)
      declareWholeBody(this.#res, statusCode, headers, this.#firstBody)
    if (this.#hasLeft()) return this.#methods.writeHead(args)
    try {
      return this.#methods.writeHead(statusMessage === undefined ? [args[0]] : [args[0], statusMessage])
    } catch (error) {
      return this.#onRefusedHead(error)
    }
  }

  onWrite(args: unknown[]): boolean {
    const body = readBodyArguments(args)
    if (!isSendable(body)) return this.#methods.write(args)
    if (this.#state === 'waiting') return this.#onFirstWrite(args, body)
    if (this.#coded !== undefined) return this.#coded.write(args, body)
    if (this.#state !== 'page') return this.#methods.write(args)
    const out: Buffer[] = []
    const isAsItWas = this.#take(body, out)
    this.#awaitSilence()
    const hasRoom =
      isAsItWas && !isHttp2(this.#res) ? this.#methods.write(args) : this.#methods.writePieces(out, body.callback)
    return this.#answerWrite(hasRoom)
  }

  onEnd(args: unknown[]): Response {
    const body = readBodyArguments(args)
    if (!isNothing(body.chunk) && !isSendable(body)) return this.#methods.end(args)
    if (this.#state === 'waiting') return this.#onWholeBody(args, body)
    if (this.#coded !== undefined) {
      if (this.#state === 'page') this.#endPage()
      return this.#coded.end(args, body)
    }
    if (this.#state !== 'page') return this.#methods.end(args)
    const out: Buffer[] = []
    this.#take(body, out)
    this.#body?.end(out)
    this.#endPage()
    return this.#methods.endWithPieces(out, body.callback)
  }

  #onFirstWrite(args: unknown[], body: BodyArguments): boolean {
    this.#settle({ ...body, whole: false })
    if (!this.#isPage()) return this.#methods.write(args)
    try {
      if (this.#coded !== undefined) {
        this.#coded.sendHead()
        return this.#coded.write(args, body)
      }
      this.#awaitSilence()
      return this.#answerWrite(this.#methods.writePieces(this.#takeFirstOutput(), body.callback))
    } catch (error) {
      return this.#onRefusedHead(error)
    }
  }

  /** Somebody who stands between us and Node knows better what room there is. */
  #answerWrite(hasRoom: boolean): boolean {
    return this.#methods.leadToNode ? this.#room.answer(this.#res, hasRoom) : hasRoom
  }

  #onWholeBody(args: unknown[], body: BodyArguments): Response {
    this.#settle({ ...body, whole: true })
    if (!this.#isPage()) return this.#methods.end(args)
    this.#endPage()
    try {
      if (this.#coded !== undefined) {
        if (!this.#coded.recodes) declareWholeBody(this.#res, this.#res.statusCode, undefined, { ...body, whole: true })
        this.#coded.sendHead()
        if (!this.#coded.isDecoded) return this.#coded.end(args, body)
        return this.#coded.endDecoded(this.#takeFirstOutput(), body.callback)
      }
      return this.#methods.endWithPieces(this.#takeFirstOutput(), body.callback)
    } catch (error) {
      return this.#onRefusedHead(error)
    }
  }

  /** The application writes without having called writeHead(). */
  #settle(firstBody: FirstBody): void {
    const res = this.#res
    this.#firstBody = firstBody
    if (this.#methods.areCovered && !res.headersSent) {
      // A middleware between us and the application sets headers at the last moment, so its turn is first.
      res.writeHead(res.statusCode)
      if (this.#state === 'waiting') this.#leave()
    } else this.#decide(res.statusCode, undefined)
    this.#firstBody = undefined
  }

  #decide(statusCode: number, headers: HeadersArgument | undefined): void {
    const head = { res: this.#res, statusCode, headers, firstBody: this.#firstBody }
    const decision = decideHead(head, this.#visit, this.#context)
    if (decision.outcome === 'page') return this.#open(decision)
    if (decision.outcome === 'passed-over') return this.#passOver(decision.reason)
    this.#state = 'headers-only'
    this.#visit.abandon()
  }

  #open({ body, contentType, firstOutput, coding }: Page): void {
    this.#state = 'page'
    this.#body = body
    this.#contentType = contentType
    this.#firstOutput = firstOutput
    if (coding !== undefined) this.#coded = new CodedPage(this.#res, this.#methods, body, coding, this.#context)
    tellInjection(coding !== undefined, this.#visit, this.#context)
  }

  #passOver(reason: PassOver | undefined): void {
    this.#leave()
    giveSparedTag(this.#res)
    if (reason !== undefined) tellPassOver(this.#res, reason, this.#visit, this.#context)
  }

  #takeFirstOutput(): readonly Buffer[] {
    const out = this.#firstOutput
    this.#firstOutput = NO_OUTPUT
    return out
  }

  /** Answers whether the bytes leave just as they are. */
  #take(body: BodyArguments, out: Buffer[]): boolean {
    const bytes = isNothing(body.chunk) ? NOTHING : toBytes(body)
    return this.#body?.take(bytes, out) ?? true
  }

  #endPage(): void {
    this.#state = 'ended'
    this.#stopWaiting()
  }

  /** A tail that is held back is let go when the application is silent. */
  #awaitSilence(): void {
    if (this.#body?.isHolding !== true) return this.#stopWaiting()
    this.#awaitsSilence = true
    watchSilence(this)
  }

  #stopWaiting(): void {
    if (this.#awaitsSilence) unwatchSilence(this)
    this.#awaitsSilence = false
  }

  onSilence(): void {
    this.#awaitsSilence = false
    if (this.#state !== 'page' || isGone(this.#res)) return
    const out: Buffer[] = []
    this.#body?.release(out)
    try {
      if (out.length > 0) this.#methods.writePieces(out)
    } catch (error) {
      // Nobody is there to catch it, and without these bytes the page would be another one.
      this.#res.destroy(error as Error)
    }
  }

  onFinish(): void {
    if (this.#state === 'left') return
    const isWhole = this.#state === 'ended' && !isCutShort(this.#res)
    this.#state = 'left'
    const capture = this.#body?.takeCapture()
    if (isWhole) storePage(this.#res, this.#contentType, capture, this.#visit, this.#context)
    else {
      capture?.discard()
      this.#visit.abandon()
    }
  }

  /** The client or the application gave up; after a complete response there is nothing left to do. */
  onClose(): void {
    this.#stopWaiting()
    this.#coded?.close()
    this.#leaveQueue()
    if (this.#state === 'left') return
    // The application may not have noticed, and go on writing.
    this.#state = 'left'
    this.#body?.discard()
    this.#body = undefined
    this.#visit.abandon()
  }

  #waitInQueue(): void {
    this.#isQueued = true
    watchQueued(this.#res)
  }

  #leaveQueue(): void {
    if (this.#isQueued) unwatchQueued(this.#res)
    this.#isQueued = false
  }

  /** Node throws for a status message that cannot be sent: the application's next answer is then its own. */
  #onRefusedHead(error: unknown): never {
    if (!this.#res.headersSent) {
      this.#res.removeHeader('Content-Length')
      this.#leave()
    }
    throw error
  }

  /** From here on the response is as it would be without us. */
  #leave(): void {
    this.#state = 'passing'
    this.#coded?.close()
    this.#coded = undefined
    this.#body?.discard()
    this.#body = undefined
    this.#firstOutput = NO_OUTPUT
    this.#stopWaiting()
    this.#leaveQueue()
    this.#visit.abandon()
    this.#methods.giveBack()
  }

  // Methods, because the compiler does not see that a call changes the state.
  #isPage(): boolean {
    return this.#state === 'page'
  }

  #hasLeft(): boolean {
    return this.#state === 'passing'
  }
}
