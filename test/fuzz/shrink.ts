// Makes a failing page smaller for as long as it fails.
import type { FuzzCase } from './fuzz-case.js'

/** A good reproduction soon is better than the smallest one late. */
const MAX_TRIES = 5_000

/** A smaller case that still `fails`: first whole pieces go, then single bytes. */
export function shrinkCase(failing: FuzzCase, fails: (candidate: FuzzCase) => boolean): FuzzCase {
  let triesLeft = MAX_TRIES
  const stillFails = (pieces: readonly string[]) => triesLeft-- > 0 && fails({ ...failing, pieces })
  const pieces = leaveOut(failing.pieces, stillFails)
  const bytes = Array.from(pieces.join(''))
  return { ...failing, pieces: stillFails(bytes) ? leaveOut(bytes, stillFails) : pieces }
}

/** Leaves out ever smaller parts, from half of the whole to one item. */
function leaveOut(items: readonly string[], stillFails: (fewer: readonly string[]) => boolean): readonly string[] {
  let left = items
  for (let size = items.length; size > 1;) {
    size = Math.ceil(size / 2)
    for (let at = 0; at < left.length;) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)]
      if (stillFails(fewer)) left = fewer
      else at += size
    }
  }
  return left
}
