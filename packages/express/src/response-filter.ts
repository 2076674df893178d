// The middleware that every response passes through.
import { publish, type PageToken, type PassOver } from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import { targetOf, type Middleware, type Request, type Response } from './http-types.js'
import { PageResponse } from './page-response.js'
import { innermostOf } from './response-hooks.js'
import { hideConditions, translateConditions, asksForPage } from './validators.js'
import { judgeRequest, Visit } from './visit.js'

export interface ResponseFilter {
  readonly middleware: Middleware
  tokenFor(res: Response): PageToken | undefined
}

export function createResponseFilter(context: FilterContext): ResponseFilter {
  const { settings, guard } = context
  const knowsViewers = settings.allowedAddresses.length > 0
  const hasNoWork = context.pages === undefined && (settings.disableFilter || settings.snippets.length === 0)

  function admit(req: Request, res: Response): void {
    if (ourPartIn(res) !== undefined || res.headersSent) return
    const { path } = targetOf(req)
    // What the fetcher gives is no page of the site, wherever the fetcher is mounted.
    if (path === settings.fetchPath) return
    const isViewer = knowsViewers && guard(req).allowed
    try {
      const reason = judgeRequest(req, path, context)
      if (reason === undefined) filter(req, res, isViewer)
      else passOver(res, reason, isViewer)
    } catch (error) {
      context.reportFailure(error)
      passOver(res, 'error', isViewer)
    }
  }

  function filter(req: Request, res: Response, isViewer: boolean): void {
    const visit = new Visit(req, context, isViewer)
    if (!visit.stores && visit.snippets.count === 0) return
    if (visit.carriesToken) {
      if (asksForPage(req)) hideConditions(req)
    } else if (visit.snippets.count > 0) visit.asksByOwnTag = translateConditions(req, visit.snippets.id)
    PageResponse.standIn(res, visit, context)
  }

  function ourPartIn(res: Response): PageResponse | undefined {
    let standIn = innermostOf(res)
    while (standIn !== undefined && !(standIn instanceof PageResponse && standIn.isOf(context))) standIn = standIn.outer
    return standIn
  }

  function passOver(res: Response, reason: PassOver, isViewer: boolean): void {
    publish('facsimile:skipped', () => ({ reason }))
    if (isViewer) res.setHeader('Facsimile-Status', `skipped; reason=${reason}`)
  }

  return {
    middleware: function facsimileResponseFilter(req, res, next) {
      if (!hasNoWork) {
        try {
          admit(req, res)
        } catch (error) {
          context.reportFailure(error)
        }
      }
      next()
    },
    tokenFor: (res) => ourPartIn(res)?.token,
  }
}
