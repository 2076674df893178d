// A site in order, with its debug page on, and ways to put faults into it.
import type { FacsimileInternals, FacsimileSettings } from '@facsimile/express'
import express, { type Express } from 'express'
import { ask, type AskOptions, type Reply } from '../support/http-client.js'
import { createTestFacsimile, listen, PAGE, RECORDER, siteAt, type Site } from '../support/site.js'

export const DEBUG = '/facsimile/debug'

interface ShownVerdict {
  readonly level: 'fault' | 'warning' | 'unknown' | 'fine'
  readonly word?: string
  readonly meaning: string
  readonly remedy?: string
  readonly details: readonly string[]
}

export interface ShownReport {
  readonly verdicts: readonly ShownVerdict[]
  readonly events: {
    readonly counts: Readonly<Record<string, number>>
    readonly latest: readonly { readonly what: string; readonly word?: string; readonly times: number }[]
  }
}

export interface DebugSite extends Site {
  debug(path?: string, options?: AskOptions): Promise<Reply>
  /** What the debug page knows, of `path` too where one is given. */
  report(path?: string, options?: AskOptions): Promise<ShownReport>
}

export interface DebugSiteOptions {
  readonly settings?: FacsimileSettings
  readonly internals?: FacsimileInternals
  /** Mounts something before the filter, */
  readonly before?: (app: Express) => void
  /** between it and the pages, */
  readonly inside?: (app: Express, facsimile: Site['facsimile']) => void
  /** and in the place of the pages. */
  readonly routes?: (app: Express) => void
  /** @default with the line that keeps search engines away */
  readonly robots?: string | undefined
}

const ROBOTS = 'User-agent: *\nDisallow: /facsimile\n'

export async function startDebugSite(options: DebugSiteOptions = {}): Promise<DebugSite> {
  const { settings, internals, before, inside, routes = servePages, robots = ROBOTS } = options
  const facsimile = createTestFacsimile({ snippets: [RECORDER], allowDebug: true, ...settings }, internals)
  const app = express()
  before?.(app)
  app.use(facsimile.middleware)
  inside?.(app, facsimile)
  if (robots !== '') app.get('/robots.txt', (_req, res) => void res.type('text').send(robots))
  routes(app)
  const { port } = await listen(app)
  return debugSiteAt(siteAt(port, facsimile))
}

export function debugSiteAt(site: Site): DebugSite {
  const debug = (path = '', options: AskOptions = {}) => ask(site.port, DEBUG + path, options)
  return {
    ...site,
    debug,
    async report(path, options) {
      const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`
      return JSON.parse((await debug(`/status.json${query}`, options)).text) as ShownReport
    },
  }
}

/** Pages in order: neither browsers nor caches keep them. */
function servePages(app: Express): void {
  app.get(['/', '/account'], (_req, res) => void res.set('Cache-Control', 'private, no-store').send(PAGE))
}
