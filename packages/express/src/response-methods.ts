// Puts a stand-in before a response's writeHead(), write() and end(), and knows the way on to what was there.
import { NOTHING, type Callback } from './body-arguments.js'
import { isHttp2, type Response } from './http-types.js'
import { writeOverHttp2 } from './http2-writes.js'
import { putMethods } from './put-methods.js'
import {
  classMethodsOf,
  hookClassOf,
  innermostOf,
  leadsToHooks,
  listenTo,
  setInnermost,
  type Methods,
  type StandIn,
} from './response-hooks.js'

/** Neighbours below this size together leave in one write, which Node's buffer pool makes cheap. */
const JOIN_BYTES = 4 * 1024

/** A response seen as one whose methods may be replaced. */
type OwnMethods = Omit<Response, keyof Methods> & Methods

/** One per response and stand-in. */
export class ResponseMethods {
  readonly #response: Response
  readonly #res: OwnMethods
  readonly #standIn: StandIn
  /** What leads to the stand-in: the hooks of the class, or functions on the response itself. */
  readonly #entrance: Methods
  /** What is asked next, with the response as `this`, as Node's own callers do. */
  readonly #next: Methods

  constructor(response: Response, standIn: StandIn) {
    const res = response as OwnMethods
    const hooks = hookClassOf(response)
    const outer = innermostOf(response)
    // Another middleware that wrapped the methods is further out than we are: it must be asked after us.
    const isFree = hooks !== undefined && leadsToHooks(response, hooks)
    this.#response = response
    this.#res = res
    this.#standIn = standIn
    standIn.outer = outer
    standIn.hooks = isFree ? hooks : undefined
    if (isFree) {
      this.#entrance = hooks.hooked
      this.#next = outer === undefined ? hooks.original : methodsOf(outer)
    } else {
      this.#next = { writeHead: res.writeHead, write: res.write, end: res.end }
      this.#entrance = methodsOf(standIn)
      try {
        putMethods(res, this.#entrance)
      } catch (error) {
        // One of them is fixed: then none may be ours.
        this.giveBack()
        throw error
      }
    }
    if (hooks === undefined && outer === undefined) listenTo(response)
    setInnermost(response, standIn)
  }

  /** Whether another middleware, further in, wants to be asked for the headers before us. */
  get areCovered(): boolean {
    return this.#standIn.hooks === undefined
      ? this.#res.writeHead !== this.#entrance.writeHead
      : Object.hasOwn(this.#res, 'writeHead')
  }

  /** Whether nobody further in is asked before us, for anything. */
  get areFirst(): boolean {
    const { hooks } = this.#standIn
    return hooks !== undefined && leadsToHooks(this.#response, hooks)
  }

  /** Whether Node itself is asked next. */
  get leadToNode(): boolean {
    return this.#standIn.hooks !== undefined && this.#standIn.outer === undefined
  }

  writeHead(args: unknown[]): Response {
    return this.#next.writeHead.apply(this.#res, args)
  }

  write(args: unknown[]): boolean {
    return this.#next.write.apply(this.#res, args)
  }

  end(args: unknown[]): Response {
    return this.#next.end.apply(this.#res, args)
  }

  /** Writes what may leave; a chunk of which nothing may leave yet still counts for callback and back-pressure. */
  writePieces(given: readonly Buffer[], callback?: Callback): boolean {
    return writePiece(this.#response, this.#next, this.#writeAllButLast(join(given)), callback)
  }

  /** Writes the rest of the body and ends the response. */
  endWithPieces(given: readonly Buffer[], callback?: Callback): Response {
    const piece = this.#writeAllButLast(join(given))
    const args = piece.length === 0 && isHttp2(this.#response) ? [] : [piece]
    return callback === undefined
      ? this.#next.end.apply(this.#res, args)
      : this.#next.end.call(this.#res, ...args, callback)
  }

  /** Calls back when all that was written has been handed to the system, past those who forget callbacks. */
  whenSent(callback: Callback): void {
    const { outer } = this.#standIn
    const methods = outer === undefined ? classMethodsOf(this.#response) : methodsOf(outer)
    writePiece(this.#response, methods, NOTHING, callback)
  }

  /** A middleware that wrapped ours goes on calling them, at the price of a branch. */
  giveBack(): void {
    const res = this.#res
    if (this.#standIn.hooks !== undefined) {
      if (innermostOf(this.#response) === this.#standIn) setInnermost(this.#response, this.#standIn.outer)
      return
    }
    const { writeHead, write, end } = this.#entrance
    if (res.writeHead === writeHead) res.writeHead = this.#next.writeHead
    if (res.write === write) res.write = this.#next.write
    if (res.end === end) res.end = this.#next.end
  }

  #writeAllButLast(pieces: readonly Buffer[]): Buffer {
    const last = pieces.length - 1
    for (let at = 0; at < last; at++) writePiece(this.#response, this.#next, pieces[at] ?? NOTHING)
    return pieces[last] ?? NOTHING
  }
}

function writePiece(res: Response, methods: Methods, piece: Buffer, callback?: Callback): boolean {
  if (isHttp2(res)) return writeOverHttp2(res, methods, piece, callback)
  return callback === undefined ? methods.write.call(res, piece) : methods.write.call(res, piece, callback)
}

function methodsOf(standIn: StandIn): Methods {
  return {
    writeHead: (...args) => standIn.onWriteHead(args),
    write: (...args) => standIn.onWrite(args),
    end: (...args) => standIn.onEnd(args),
  }
}

/** Neighbours that are short leave as one. */
function join(pieces: readonly Buffer[]): readonly Buffer[] {
  if (pieces.length < 2) return pieces
  const joined: Buffer[] = []
  let run: Buffer[] = []
  let runBytes = 0
  const endRun = () => {
    if (run.length > 1) joined.push(Buffer.concat(run, runBytes))
    else joined.push(...run)
    run = []
    runBytes = 0
  }
  for (const piece of pieces) {
    if (runBytes + piece.length >= JOIN_BYTES) endRun()
    run.push(piece)
    runBytes += piece.length
  }
  endRun()
  return joined
}
