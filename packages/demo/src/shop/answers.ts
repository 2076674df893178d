// How the shop answers: a handler takes a visit and returns a page or a redirect; this file turns that into HTTP.
import { randomBytes } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import type { Html } from '../html.js'
import type { Origins } from '../origins.js'
import type { Customer } from './customers.js'
import { hasOptedOut, optOutCookie, readSessionCookie, sessionCookie } from './cookies.js'
import { renderLayout } from './layout.js'
import { isFormToken, type Session, type Sessions } from './sessions.js'
import { outdatedFormPage } from './pages/problem-pages.js'

/** One request of one visitor. */
export interface Visit {
  readonly session: Session
  readonly method: string
  readonly path: string
  /** Whether Facsimile puts its snippets into this page and keeps a copy. */
  readonly recorded: boolean
  /** Replay desk, under the name by which this visitor knows the machine. */
  readonly trackerUrl: string
  /** What this server of a farm calls itself. */
  readonly serverName: string | undefined
  /** A field of the POSTed form; empty when it is absent or given twice. */
  field(name: string): string
  /** A query parameter; empty when it is absent or given twice. */
  query(name: string): string
  signIn(customer: Customer): void
  signOut(): void
  setOptOut(optOut: boolean): void
}

export interface Page {
  readonly title: string
  readonly main: Html
  /** @default 200 */
  readonly status?: number
}

export type Answer = Page | { readonly redirect: string }
export type Handler = (visit: Visit) => Answer

export interface AnswerSettings {
  readonly sessions: Sessions
  readonly tracker: Origins
  /** Shown in the foot of every page. */
  readonly serverName?: string | undefined
  /** Told of every page before it is handed to Express: the bytes that a recording should have. */
  readonly onPage?: ((path: string, page: string) => void) | undefined
}

/** Returns what makes an Express handler of a `Handler`. A POST whose form token is wrong never reaches the handler. */
export function createAnswering(settings: AnswerSettings): (handler: Handler) => RequestHandler {
  return (handler) => (req, res) => {
    const visit = startVisit(settings, req, res)
    const trusted = req.method !== 'POST' || isFormToken(visit.session, visit.field('form-token'))
    const answer = trusted ? handler(visit) : outdatedFormPage()
    keepSession(settings, visit, req, res)
    if ('redirect' in answer) {
      res.redirect(303, answer.redirect)
      return
    }
    sendPage(settings, visit, res, answer)
  }
}

function startVisit({ sessions, tracker, serverName }: AnswerSettings, req: Request, res: Response): Visit {
  let session = sessions.open(readSessionCookie(req.headers.cookie)) ?? sessions.create()
  const form: unknown = req.body
  return {
    get session() {
      return session
    },
    method: req.method,
    path: req.path,
    recorded: !hasOptedOut(req.headers.cookie),
    trackerUrl: tracker.under(req.headers.host),
    serverName,
    field: (name) => stringIn(form, name),
    query: (name) => stringIn(req.query, name),
    signIn(customer) {
      session = sessions.renew(session, customer)
    },
    signOut() {
      session = sessions.create()
    },
    setOptOut: (optOut) => res.append('Set-Cookie', optOutCookie(optOut)),
  }
}

/** The session as the handler left it goes back to the visitor. */
function keepSession({ sessions }: AnswerSettings, visit: Visit, req: Request, res: Response): void {
  const cookie = sessions.seal(visit.session, readSessionCookie(req.headers.cookie))
  if (cookie !== undefined) res.append('Set-Cookie', sessionCookie(cookie))
}

function sendPage({ tracker, onPage }: AnswerSettings, visit: Visit, res: Response, page: Page): void {
  const text = renderLayout(visit, page).text
  onPage?.(visit.path, text)
  res.status(page.status ?? 200)
  res.set('Cache-Control', 'private, no-store')
  res.set('Content-Security-Policy', contentSecurityPolicy(tracker))
  res.type('html').send(text)
}

/** The shop has no script of its own; the nonce is there for the snippets that Facsimile inserts with it. */
function contentSecurityPolicy(tracker: Origins): string {
  const beaconTargets = [...tracker.all].filter((origin) => !origin.includes('['))
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `script-src 'nonce-${randomBytes(16).toString('base64')}'`,
    `connect-src ${beaconTargets.join(' ')}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function stringIn(fields: unknown, name: string): string {
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) return ''
  const value: unknown = Reflect.get(fields, name)
  return typeof value === 'string' ? value : ''
}
