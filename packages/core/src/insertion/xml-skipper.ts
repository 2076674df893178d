// Finds the end of what an XML page holds beside tags and text: comments, CDATA, processing instructions, the doctype.
// It keeps its place between calls and never asks for bytes back.
import { DASH, DOUBLE_QUOTE, GREATER_THAN, LESS_THAN, QUESTION, SINGLE_QUOTE } from './markup.js'

export interface MarkupSkipper {
  /** The offset after the end, or -1 when the data ends first. */
  findEnd(data: Buffer, from: number): number
}

const CLOSING_BRACKET = 0x5d

/** After `<!--`: up to `-->`. */
export const createCommentSkipper = (): MarkupSkipper => createRunSkipper(DASH, 2)
/** After `<![CDATA[`: up to `]]>`. */
export const createCdataSkipper = (): MarkupSkipper => createRunSkipper(CLOSING_BRACKET, 2)
/** After `<?`: up to `?>`. */
export const createInstructionSkipper = (): MarkupSkipper => createRunSkipper(QUESTION, 1)

/** Up to a `>` that follows on a byte, so many times at least. */
function createRunSkipper(byte: number, times: number): MarkupSkipper {
  let run = 0
  return {
    findEnd(data, from) {
      for (let at = from; at < data.length; at++) {
        if (data[at] === GREATER_THAN && run >= times) return at + 1
        run = data[at] === byte ? run + 1 : 0
      }
      return -1
    },
  }
}

/** After `<!DOCTYPE`: up to its `>`, past the declarations, literals, comments and instructions of an internal subset. */
export function createDoctypeSkipper(): MarkupSkipper {
  let nesting = 1
  let quote = 0
  /** What has been read of `<!--` or `<?`. */
  let opening = ''
  let inner: MarkupSkipper | undefined

  function readOpening(byte: number): MarkupSkipper | undefined {
    const longer = byte === LESS_THAN ? '<' : opening === '' ? '' : opening + String.fromCharCode(byte)
    opening = '<!--'.startsWith(longer) || longer === '<?' ? longer : ''
    if (opening === '<!--') return createCommentSkipper()
    return opening === '<?' ? createInstructionSkipper() : undefined
  }

  return {
    findEnd(data, from) {
      for (let at = from; at < data.length; at++) {
        if (inner !== undefined) {
          const end = inner.findEnd(data, at)
          if (end === -1) return -1
          inner = undefined
          nesting--
          at = end - 1
          continue
        }
        const byte = data[at]!
        if (quote !== 0) {
          if (byte === quote) quote = 0
          continue
        }
        inner = readOpening(byte)
        if (byte === LESS_THAN) nesting++
        else if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) quote = byte
        else if (byte === GREATER_THAN) nesting--
        if (nesting === 0) return at + 1
      }
      return -1
    },
  }
}
