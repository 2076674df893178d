// Reads the site's own robots.txt and asks whether search engines may visit the fetch path.
import { toError, type PageToken, type Settings } from '@facsimile/core'
import type { Request } from '../../http-types.js'
import type { QuietRequest } from '../quiet-request.js'
import { fine, found, unknown, type Verdict } from '../verdict.js'

const PATH = '/robots.txt'

/** Never rejects. `token` makes an example of a fetch URL. */
export async function checkRobots(
  viewer: Request,
  settings: Settings,
  token: PageToken,
  ask: QuietRequest,
): Promise<readonly Verdict[]> {
  if (settings.disableCache) return []
  try {
    const { status, body } = await ask(viewer, PATH)
    // RFC 9309, 2.3.1.3 and 2.3.1.4: without a file all is allowed, and where the server fails nothing is.
    if (status >= 500) return [fine('Search engines stay away while robots.txt fails.', `${PATH} answered ${status}.`)]
    if (status >= 300 && status < 400) return [elsewhere(status)]
    if (status >= 400) return [found('warning', 'robots-allowed', `${PATH} answered ${status}: there is no such file.`)]
    return (await allows(body.toString(), `${settings.fetchPath}?t=${token}`))
      ? [found('warning', 'robots-allowed', `It lets all crawlers (User-agent: *) visit ${settings.fetchPath}.`)]
      : [fine('robots.txt keeps search engines away from the fetch path.')]
  } catch (error) {
    return [unknown('robots.txt could not be read.', 'See why the own server does not answer.', toError(error).message)]
  }
}

function elsewhere(status: number): Verdict {
  return unknown(
    'robots.txt leads elsewhere.',
    'Let `facsimile robots` read the file there.',
    `${PATH} answered ${status}.`,
  )
}

async function allows(text: string, path: string): Promise<boolean> {
  const { default: robotsParser } = await import('robots-parser')
  // The package is CommonJS and exports the function itself; its types claim an ES module.
  const parseRobots = robotsParser as unknown as typeof robotsParser.default
  return parseRobots(PATH, text).isAllowed(path, '*') !== false
}
