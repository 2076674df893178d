// What every request and its response pass through.
import type { PageToken } from '@facsimile/core'
import type { FilterContext } from './filter-context.js'
import { isGone, type Request, type Response } from './http-types.js'
import { shareHiddenClasses } from './object-layout.js'
import { PageResponse } from './page-response.js'
import { innermostOf } from './response-hooks.js'
import { asksConditionally, asksForPage, hideConditions, translateConditions } from './validators.js'
import { Visit } from './visit.js'

export interface ResponseFilter {
  /** Lets a request for `url`, its whole target, go on to `next`, and the response come back through the filter. */
  pass(req: Request, res: Response, url: string, next: () => void): void
  tokenFor(res: Response): PageToken | undefined
}

export function createResponseFilter(context: FilterContext): ResponseFilter {
  const { settings } = context
  const hasNoWork = context.pages === undefined && (settings.disableFilter || settings.snippets.length === 0)

  /** Nothing is judged yet but what the application must not see: a request for a part, or for what has changed. */
  function admit(req: Request, res: Response, url: string): void {
    // Whoever has gone already gets no page, and will not be heard to go.
    if (isGone(res)) return
    const present = ourPartIn(res)
    if (present !== undefined) return present.passAgain()
    shareHiddenClasses(req, res)
    const visit = new Visit(req, url, context)
    if (context.watches !== undefined) visit.watch = context.watches.of(req, visit)
    if (asksConditionally(req)) settleConditions(req, visit)
    PageResponse.standIn(res, visit, context)
  }

  function settleConditions(req: Request, visit: Visit): void {
    if (visit.passOver !== undefined) return
    if (visit.carriesToken) {
      if (asksForPage(req)) hideConditions(req)
    } else if (visit.snippets.count > 0) visit.asksByOwnTag = translateConditions(req, visit.snippets.id)
  }

  function ourPartIn(res: Response): PageResponse | undefined {
    let standIn = innermostOf(res)
    while (standIn !== undefined && !(standIn instanceof PageResponse && standIn.isOf(context.owner)))
      standIn = standIn.outer
    return standIn
  }

  return {
    pass(req, res, url, next) {
      if (!hasNoWork) {
        try {
          admit(req, res, url)
        } catch (error) {
          context.reportFailure(error)
        }
      }
      next()
    },
    tokenFor: (res) => ourPartIn(res)?.token,
  }
}
