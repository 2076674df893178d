// The small state machines of the HTML tokenizer that head scanner and tail rule share: white space, tags, comments.
// Source: HTML Living Standard, section 13.2.5. They work on bytes: every charset that reaches them is an ASCII superset.

export const LESS_THAN = 0x3c
export const GREATER_THAN = 0x3e
export const SLASH = 0x2f
export const BANG = 0x21
export const DASH = 0x2d
export const QUESTION = 0x3f
const EQUALS = 0x3d
export const DOUBLE_QUOTE = 0x22
export const SINGLE_QUOTE = 0x27

/** Tab, line feed, form feed, carriage return or space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b)
}

export function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** What may follow a tag's name. */
export function endsName(byte: number): boolean {
  return byte === GREATER_THAN || byte === SLASH || isSpace(byte)
}

/** Whether a tag, comment or declaration may begin with `<` and this byte; otherwise the `<` is text. */
export function opensMarkup(byte: number): boolean {
  return byte === SLASH || byte === BANG || byte === QUESTION || isLetter(byte)
}

/** Where in a tag, from its own name on, the tokenizer stands. */
export type TagState =
  'tag-name' | 'before-name' | 'name' | 'after-name' | 'before-value' | 'double' | 'single' | 'unquoted'

/** The state after one more byte of a tag, or `end` when that byte was the `>` that closes it. */
export function stepTag(state: TagState, byte: number): TagState | 'end' {
  if (state === 'double') return byte === DOUBLE_QUOTE ? 'before-name' : state
  if (state === 'single') return byte === SINGLE_QUOTE ? 'before-name' : state
  if (byte === GREATER_THAN) return 'end'
  const space = isSpace(byte)
  if (state === 'unquoted') return space ? 'before-name' : state
  if (state === 'before-value') {
    if (space) return state
    if (byte === DOUBLE_QUOTE) return 'double'
    return byte === SINGLE_QUOTE ? 'single' : 'unquoted'
  }
  if (byte === SLASH) return 'before-name'
  if (state === 'tag-name') return space ? 'before-name' : state
  if (space) return state === 'before-name' ? state : 'after-name'
  // A `=` where a name should begin is the first letter of a name.
  return byte === EQUALS && state !== 'before-name' ? 'before-value' : 'name'
}

/** The offset after the `>` that closes the tag whose name ended before `from`, or -1 when the data ends first. */
export function findTagEnd(data: Buffer, from: number): number {
  let state: TagState | 'end' = 'before-name'
  for (let at = from; at < data.length; at++) {
    state = stepTag(state, data[at]!)
    if (state === 'end') return at + 1
    // Most of a tag stands within quotes, where only the closing one counts.
    if (state === 'double') while (at + 1 < data.length && data[at + 1] !== DOUBLE_QUOTE) at++
  }
  return -1
}

/** Where in a comment, after its `<!--`, the tokenizer stands. */
export type CommentState = 'start' | 'start-dash' | 'inside' | 'dash' | 'dash-dash' | 'bang'

/** The state after one more byte of a comment, or `end` when that byte closed it. */
export function stepComment(state: CommentState, byte: number): CommentState | 'end' {
  if (byte === GREATER_THAN) return state === 'inside' || state === 'dash' ? 'inside' : 'end'
  if (byte === DASH) {
    if (state === 'start') return 'start-dash'
    return state === 'inside' || state === 'bang' ? 'dash' : 'dash-dash'
  }
  return byte === BANG && state === 'dash-dash' ? 'bang' : 'inside'
}

/** The offset after the comment whose `<!--` ended before `from`, or -1 when the data ends first. */
export function findCommentEnd(data: Buffer, from: number): number {
  let state: CommentState | 'end' = 'start'
  for (let at = from; at < data.length; at++) {
    state = stepComment(state, data[at]!)
    if (state === 'end') return at + 1
  }
  return -1
}

/** Whether `data` holds the lower-case ASCII `word` at `from`, whatever its case; `partly` when the data ends within it. */
export function matchWord(data: Buffer, from: number, word: string): 'yes' | 'no' | 'partly' {
  for (let i = 0; i < word.length; i++) {
    if (from + i >= data.length) return 'partly'
    const byte = data[from + i]!
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== word.charCodeAt(i)) return 'no'
  }
  return 'yes'
}
