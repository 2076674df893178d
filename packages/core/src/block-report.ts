// Says which snippets were left out because of a page's Content-Security-Policy: each in an event, and in the log at most
// once a minute for each directive.
import type { EventSource } from './events.js'
import type { Logger } from './logger.js'
import type { BlockedSnippet } from './snippet-fit.js'

const QUIET_MS = 60_000

export function createBlockReport(
  logger: Logger,
  events: EventSource,
  now: () => number,
): (blocked: BlockedSnippet) => void {
  /** By snippet and directive, of which there are as many as the settings and the standard name. */
  const quietUntil = new Map<string, number>()
  return ({ snippet, directive, remedy }) => {
    events.publish('facsimile:blocked', () => ({ snippet, directive }))
    const key = `${directive} ${snippet}`
    if (now() < (quietUntil.get(key) ?? -Infinity)) return
    quietUntil.set(key, now() + QUIET_MS)
    logger.warn(
      { snippet, directive },
      `The snippet ${JSON.stringify(snippet)} was left out: the page's Content-Security-Policy would block it by ${directive}. ${remedy}`,
    )
  }
}
