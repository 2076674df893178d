// Stands in for a response's writeHead(), write() and end(), and knows the way back to the methods that were there.
import { byteLength, NOTHING, type Callback } from './body-arguments.js'
import type { Response } from './http-types.js'

/** Pieces up to this size together leave in one write: copying them costs less than three writes. */
const JOIN_BYTES = 64 * 1024

/** Whoever is asked in the response's place. */
export interface StandIn {
  onWriteHead(args: unknown[]): Response
  onWrite(args: unknown[]): boolean
  onEnd(args: unknown[]): Response
}

interface Methods {
  writeHead: (...args: unknown[]) => Response
  write: (...args: unknown[]) => boolean
  end: (...args: unknown[]) => Response
}

/** One per response; calls what was there before with the response as `this`, as Node's own callers do. */
export class ResponseMethods {
  readonly #res: Methods
  readonly #original: Methods
  readonly #own: Methods

  constructor(response: Response, standIn: StandIn) {
    const res: Methods = response as Omit<Response, keyof Methods> & Methods
    this.#res = res
    this.#original = { writeHead: res.writeHead, write: res.write, end: res.end }
    this.#own = {
      writeHead: (...args) => standIn.onWriteHead(args),
      write: (...args) => standIn.onWrite(args),
      end: (...args) => standIn.onEnd(args),
    }
    res.writeHead = this.#own.writeHead
    res.write = this.#own.write
    res.end = this.#own.end
  }

  /** Whether another middleware, further in, wants to be asked for the headers before us. */
  get areCovered(): boolean {
    return this.#res.writeHead !== this.#own.writeHead
  }

  writeHead(args: unknown[]): Response {
    return this.#original.writeHead.apply(this.#res, args)
  }

  write(args: unknown[]): boolean {
    return this.#original.write.apply(this.#res, args)
  }

  end(args: unknown[]): Response {
    return this.#original.end.apply(this.#res, args)
  }

  /** Writes what may leave; a chunk of which nothing may leave yet still counts for callback and back-pressure. */
  writePieces(given: readonly Buffer[], callback?: Callback): boolean {
    const { write } = this.#original
    const pieces = join(given)
    const last = pieces.length - 1
    for (let at = 0; at < last; at++) write.call(this.#res, pieces[at])
    const piece = pieces[last] ?? NOTHING
    return callback === undefined ? write.call(this.#res, piece) : write.call(this.#res, piece, callback)
  }

  /** Writes the rest of the body and ends the response. */
  endWithPieces(given: readonly Buffer[], callback?: Callback): Response {
    const { write, end } = this.#original
    const pieces = join(given)
    const last = pieces.length - 1
    for (let at = 0; at < last; at++) write.call(this.#res, pieces[at])
    const piece = pieces[last] ?? NOTHING
    return callback === undefined ? end.call(this.#res, piece) : end.call(this.#res, piece, callback)
  }

  /** A middleware that wrapped ours goes on calling them, at the price of a branch. */
  giveBack(): void {
    const res = this.#res
    const { writeHead, write, end } = this.#own
    if (res.writeHead === writeHead) res.writeHead = this.#original.writeHead
    if (res.write === write) res.write = this.#original.write
    if (res.end === end) res.end = this.#original.end
  }
}

function join(pieces: readonly Buffer[]): readonly Buffer[] {
  return pieces.length > 1 && byteLength(pieces) <= JOIN_BYTES ? [Buffer.concat(pieces)] : pieces
}
