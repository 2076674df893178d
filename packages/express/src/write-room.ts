// Lets an application that writes a page quickly go on writing where Node 20 would have it wait after each 16 KiB: up to
// 64 KiB wait for the client, as in Node from version 22 on. Each wait costs a call of the system and a turn of the event
// loop, which for a long page comes to more than all that the filter does.
import { getDefaultHighWaterMark } from 'node:stream'
import { isHttp2, type Response } from './http-types.js'

const ROOM_BYTES = 64 * 1024
/** Bytes leave at the end of a turn: an application that takes longer than this to write so much is to let them go. */
const QUICK_MS = 1

/** One per page. */
export class WriteRoom {
  #hasLeft = false
  /** Since when the application has been writing without a wait. */
  #since: number | undefined

  /** What write() answers where Node has answered `hasRoom`; `drain` comes either way. */
  answer(res: Response, hasRoom: boolean): boolean {
    if (hasRoom) return true
    // What comes first leaves as soon as it would without us.
    if (this.#hasLeft && hasDefaultRoom(res) && res.writableLength < ROOM_BYTES) {
      const now = performance.now()
      this.#since ??= now
      if (now - this.#since < QUICK_MS) return true
    }
    this.#hasLeft = true
    this.#since = undefined
    return false
  }
}

/** Whether nobody has chosen another room than Node's own. */
function hasDefaultRoom(res: Response): boolean {
  return !isHttp2(res) && res.socket?.writableHighWaterMark === getDefaultHighWaterMark(false)
}
