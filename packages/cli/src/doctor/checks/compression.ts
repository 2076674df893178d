// Whether a page that comes compressed is the same page: each view is compared with its own copy, since pages may differ.
import { count } from '../../terminal.js'
import { finding, resultsOf, type Check } from '../check-result.js'
import { copyOf } from '../observations.js'
import { problemWith } from './copy.js'

export const checkCompression: Check = ({ views, brokenCodings }) => {
  const { ok, notChecked, fail } = resultsOf('compression')
  const broken = brokenCodings.map(({ coding, problem }) => fail(`${coding}: ${problem}`, finding('coding-broken')))
  const coded = views.filter(({ coding }) => coding !== 'identity')
  const problems = coded.flatMap((view) => problemWith(view, 'compression') ?? [])
  if (broken.length + problems.length > 0) return [...broken, ...problems]
  if (coded.length === 0) return [notChecked('the page was not asked for in compressed form')]
  const said = coded.map(({ coding, answer }) => {
    const used = answer.headers.get('content-encoding')
    return `${coding}: ${used === undefined ? 'comes plain' : count(answer.rawBody.length, 'byte')}`
  })
  if (coded.every(({ fetches }) => copyOf(fetches) === undefined))
    return [notChecked(`${said.join(', ')}; there is no copy to compare with`)]
  return [ok(`${said.join(', ')}; the same page`)]
}
