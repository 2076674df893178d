// Tells what became of a response: whoever listens to events, an inspection, and viewers on the allowlist by a header.
import type { PassOver } from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import type { Response } from './http-types.js'
import type { Visit } from './visit.js'

export function tellInjection(isCompressed: boolean, { fitted, watch }: Visit, { events }: FilterContext): void {
  const { count } = fitted
  if (watch !== undefined) watch.isCompressedInside = isCompressed
  else if (count > 0) events.publish('facsimile:injected', () => ({ snippets: count }))
}

export function tellPassOver(
  res: Response,
  reason: PassOver,
  { watch, isViewer }: Visit,
  { events }: FilterContext,
): void {
  if (watch !== undefined) watch.passedOver = reason
  else events.publish('facsimile:skipped', () => ({ reason }))
  if (isViewer && !res.headersSent) res.setHeader('Facsimile-Status', statusOf(res, reason))
}

/** A list (RFC 9651) where another Facsimile has said its part already. */
function statusOf(res: Response, reason: PassOver): string {
  const said = reason === 'already-injected' ? res.getHeader('Facsimile-Status') : undefined
  const status = `skipped; reason=${reason}`
  return said === undefined ? status : `${String(said)}, ${status}`
}
