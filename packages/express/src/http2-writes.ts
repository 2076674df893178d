// Writes the pieces of a page over HTTP/2, and never one without bytes.
//
// Node takes an empty write for done before the writes that leave together with it have left. Their memory is free then,
// and the visitor is sent what comes to lie there in the meantime: bytes of this process (Node 20, with strings).
import type { Callback } from './body-arguments.js'
import type { Response } from './http-types.js'
import type { Methods } from './response-hooks.js'

/** By response: what is called when the piece that was written last has left. */
const afterLast = new WeakMap<Response, Callback[]>()

/** Of a piece without bytes only the callback counts: it is called after those of the pieces before it. */
export function writeOverHttp2(res: Response, { write }: Methods, piece: Buffer, callback?: Callback): boolean {
  if (piece.length === 0) {
    res.flushHeaders()
    if (callback !== undefined) callAfterLast(res, callback)
    return res.writableLength < res.writableHighWaterMark
  }
  const waiting = callback === undefined ? [] : [callback]
  afterLast.set(res, waiting)
  return write.call(res, piece, (error?: Error | null) => {
    if (afterLast.get(res) === waiting) afterLast.delete(res)
    for (const call of waiting) call(error)
  })
}

function callAfterLast(res: Response, callback: Callback): void {
  const waiting = afterLast.get(res)
  if (waiting === undefined) process.nextTick(callback)
  else waiting.push(callback)
}
