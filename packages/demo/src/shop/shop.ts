// The shop as an Express application: Facsimile first, then assets, then one route per page.
import { fileURLToPath } from 'node:url'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Origins } from '../origins.js'
import { FETCH_PATH } from '../tracker/fetch-target.js'
import { createAnswering, type Answer, type Visit } from './answers.js'
import { accountPage } from './pages/account-page.js'
import { addToBasket, basketPage, removeFromBasket } from './pages/basket-page.js'
import { drawPage } from './pages/draw-page.js'
import { homePage } from './pages/home-page.js'
import { logIn, loginPage, logOut } from './pages/login-page.js'
import { orderAddress, placeOrder } from './pages/order-page.js'
import { notFoundPage } from './pages/problem-pages.js'
import { robotsFile } from './robots.js'
import { createSessions } from './sessions.js'

const ASSETS = fileURLToPath(new URL('../../assets/shop/', import.meta.url))
/** Where opting out or in may lead back to. */
const PAGES = ['/', '/draw', '/basket', '/account', '/login']

export interface ShopSettings {
  /** Facsimile's middleware; it stands before everything that makes pages. */
  readonly facsimile: RequestHandler
  readonly tracker: Origins
  /** What this server of a farm calls itself: shown in the foot of its pages, and in the Served-By header of its answers. */
  readonly serverName?: string | undefined
  /** What the session cookies are signed with. @default a random one */
  readonly sessionSecret?: string | undefined
  readonly onPage?: ((path: string, page: string) => void) | undefined
}

export function createShop(settings: ShopSettings): Express {
  const { facsimile, tracker, serverName, sessionSecret, onPage } = settings
  const app = express()
  const sessions = createSessions({ secret: sessionSecret })
  const answering = createAnswering({ sessions, tracker, serverName, onPage })
  app.disable('x-powered-by')
  app.use(safeHeaders)
  if (serverName !== undefined) app.use(namedBy(serverName))
  app.use(facsimile)
  app.use(express.static(ASSETS, { index: false }))
  app.use(express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 20 }))

  app.get('/robots.txt', robotsFile(FETCH_PATH))
  app.get('/', answering(homePage))
  app.get('/draw', answering(drawPage))
  app.get('/login', answering(loginPage))
  app.post('/login', answering(logIn))
  app.post('/logout', answering(logOut))
  app.get('/account', answering(accountPage))
  app.get('/basket', answering(basketPage))
  app.post('/basket/add', answering(addToBasket))
  app.post('/basket/remove', answering(removeFromBasket))
  app.get('/order', answering(orderAddress))
  app.post('/order', answering(placeOrder))
  app.post(
    '/opt-out',
    answering((visit) => changeOptOut(visit, true)),
  )
  app.post(
    '/opt-in',
    answering((visit) => changeOptOut(visit, false)),
  )
  app.use(answering(notFoundPage))
  app.use(failurePage)
  return app
}

function changeOptOut(visit: Visit, optOut: boolean): Answer {
  visit.setOptOut(optOut)
  const back = visit.field('back')
  return { redirect: PAGES.includes(back) ? back : '/' }
}

const safeHeaders: RequestHandler = (_req, res, next) => {
  res.set('X-Content-Type-Options', 'nosniff')
  // Not no-referrer: with it a browser hides where a form of our own pages came from.
  res.set('Referrer-Policy', 'same-origin')
  next()
}

function namedBy(serverName: string): RequestHandler {
  return (_req, res, next) => {
    res.set('Served-By', serverName)
    next()
  }
}

/** Plain words, because a page could fail again. */
const failurePage: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const status = clientErrorStatus(error) ?? 500
  if (status === 500) console.error(error)
  const text =
    status === 500 ? 'The shop has made a mistake; the terminal shows which.' : 'The shop cannot read this request.'
  res.status(status).type('text').send(`${text}\n`)
}

function clientErrorStatus(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}
