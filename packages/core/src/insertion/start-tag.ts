// Reads a start tag's attributes. Source: HTML Living Standard, 13.2.5.32 to 13.2.5.40.
import { stepTag, type TagState } from './markup.js'

interface Attribute {
  /** In lower case. */
  readonly name: string
  /** As written: without its quotes, character references as they are. */
  readonly value: string
  /** Where the value begins. */
  readonly valueAt: number
}

export interface StartTag {
  /** The first of each name. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly hasDuplicates: boolean
  /** The offset after the tag's `>`, or the data's length when it ends first. */
  readonly end: number
}

/** `from` is the offset after the tag's name; `data` holds one character for each byte. */
export function readStartTag(data: string, from: number): StartTag {
  const attributes = new Map<string, Attribute>()
  let hasDuplicates = false
  let nameAt = -1
  let nameEnd = -1
  let valueAt = -1
  let valueEnd = -1

  function endAttribute(): void {
    if (nameAt === -1) return
    const name = data.slice(nameAt, nameEnd).toLowerCase()
    const value = valueAt === -1 ? '' : data.slice(valueAt, valueEnd)
    if (attributes.has(name)) hasDuplicates = true
    else attributes.set(name, { name, value, valueAt })
    nameAt = valueAt = -1
  }

  let state: TagState | 'end' = 'before-name'
  let at = from
  for (; at < data.length && state !== 'end'; at++) {
    const next: TagState | 'end' = stepTag(state, data.charCodeAt(at))
    if (next !== state) {
      if (state === 'name') nameEnd = at
      if (isValue(state)) valueEnd = at
      if (isValue(next)) valueAt = next === 'unquoted' ? at : at + 1
      if (next === 'name') {
        endAttribute()
        nameAt = at
      }
    }
    state = next
  }
  if (state === 'end') endAttribute()
  return { attributes, hasDuplicates, end: at }
}

function isValue(state: TagState | 'end'): boolean {
  return state === 'double' || state === 'single' || state === 'unquoted'
}
