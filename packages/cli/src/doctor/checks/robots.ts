// Whether robots.txt keeps search engines away from the fetch path.
import { checkRobots } from '../../robots/check.js'
import { statusOf } from '../../crawl/fetcher-probe.js'
import { finding, resultsOf, type Check } from '../check-result.js'

const MAX_NAMES = 3

export const checkRobotsFile: Check = ({ robots, probe }) => {
  const { ok, notChecked, warn } = resultsOf('robots.txt')
  if ('problem' in robots) return [notChecked(robots.problem)]
  const { answer } = robots
  const path = probe.url.pathname
  // Crawlers follow a redirect; an error of the server keeps them from the whole site (RFC 9309, 2.3.1).
  if (answer.status >= 500 || (answer.status >= 300 && answer.status < 400))
    return [notChecked(`${answer.url.href} answered ${statusOf(answer)}`)]
  if (answer.status !== 200) return [warn(`${answer.url.href} answered ${statusOf(answer)}`, finding('robots-allowed'))]
  const open = checkRobots(answer.body, [path], undefined).filter(({ isAllowed }) => isAllowed)
  if (open.length === 0) return [ok(`keeps crawlers away from ${path}`)]
  const names = [...new Set(open.map(({ userAgent }) => userAgent))]
  const rest = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  return [warn(`${names.slice(0, MAX_NAMES).join(', ')}${rest} may fetch ${path}`, finding('robots-allowed'))]
}
