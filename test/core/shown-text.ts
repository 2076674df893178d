// The text for one place of a page, for comparisons.
import type { InsertionPlan } from '@facsimile/core'

/** One text as a string; a text in parts as a list, each with its marker. */
export function shown(text: InsertionPlan['bodyEnd']): string | readonly string[] | undefined {
  if (text === undefined || Buffer.isBuffer(text)) return text?.toString()
  return text.map(({ html, unlessPageContains: marker }) =>
    marker === undefined ? html.toString() : `${html.toString()} unless ${marker.toString()}`,
  )
}
