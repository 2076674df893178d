// What is answered at `debugPath` and below it.
import { targetOf } from '../http-types.js'
import type { AssetName } from './assets.js'

/** The page itself has no further path. */
type View = '' | 'status.json' | AssetName | 'events' | 'live' | 'clock'
type Action = 'opt-out' | 'round-trip'

const VIEWS: readonly string[] = ['', 'status.json', 'style.css', 'script.js', 'events', 'live', 'clock']
const ACTIONS: readonly string[] = ['opt-out', 'round-trip']

/** Whether the target is the debug page's; for most others a look at how it begins tells. */
export function isBelow(requestUrl: string, debugPath: string): boolean {
  if (!requestUrl.startsWith(debugPath) && requestUrl.startsWith('/')) return false
  return routeOf(targetOf(requestUrl).path, debugPath) !== undefined
}

export function routeOf(path: string, debugPath: string): View | Action | undefined {
  if (path === debugPath) return ''
  if (!path.startsWith(`${debugPath}/`)) return undefined
  const rest = path.slice(debugPath.length + 1)
  const isKnown = rest !== '' && (VIEWS.includes(rest) || ACTIONS.includes(rest))
  return isKnown ? (rest as View | Action) : undefined
}

/** Actions are POSTed, views are got. */
export function isAction(route: View | Action): route is Action {
  return ACTIONS.includes(route)
}
