// Whether the page of one server of a farm can be fetched from another.
import { finding, resultsOf, type Check } from '../check-result.js'
import { copyOf } from '../observations.js'

export const checkFarm: Check = ({ crossViews }) => {
  const { ok, notChecked, fail } = resultsOf('farm')
  if (crossViews.length === 0) return [notChecked('no other server was named; see --via')]
  return crossViews.map(({ visitedAt, fetchedFrom, visit, fetches, isPinned }) => {
    const way = `visited at ${visitedAt}, fetched from ${fetchedFrom}`
    if ('problem' in visit) return fail(`${visitedAt}: ${visit.problem}`, finding('page-failing'))
    if (isPinned) return notChecked(`${way}: the fetch URL leads the crawler back to the server of the visit`)
    if (fetches === undefined) return fail(`${visitedAt}: the page carries no fetch URL`, finding('fetch-url-missing'))
    if (copyOf(fetches) !== undefined) return ok(way)
    const last = fetches.at(-1)
    if (last === undefined || 'problem' in last)
      return fail(`${way}: ${last?.problem ?? ''}`, finding('fetcher-unreachable'))
    if (last.answer.status === 403) return notChecked(`${way}: refuses this address (403)`)
    const word = last.answer.status === 503 ? 'store-failing' : 'store-not-shared'
    return fail(`${way}: ${last.answer.status}`, finding(word))
  })
}
