// Replay desk as an Express application: takes beacons, shows recordings.
import { fileURLToPath } from 'node:url'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Origins } from '../origins.js'
import { createBeaconRoute } from './beacon-route.js'
import type { Crawler } from './crawler.js'
import { renderDetail } from './detail-page.js'
import { isFetched } from './fetched-text.js'
import { createIntake } from './intake.js'
import { renderList } from './list-page.js'
import { createNews } from './news.js'
import { createRecordings } from './recordings.js'
import { createReplay } from './replay.js'

const ASSETS = fileURLToPath(new URL('../../assets/tracker/', import.meta.url))
const MAX_RECORDINGS = 50

export interface Tracker {
  readonly app: Express
  /** Ends event streams and requests under way. */
  close(): void
}

export interface TrackerSettings {
  readonly crawler: Crawler
  readonly shop: Origins
  /** Replay desk's own origins. */
  readonly own: Origins
}

export function createTracker({ crawler, shop, own }: TrackerSettings): Tracker {
  const recordings = createRecordings(MAX_RECORDINGS)
  const news = createNews()
  const intake = createIntake({ crawler, recordings, onRecording: ({ id }) => news.publish(id) })
  const app = express()
  app.disable('x-powered-by')
  app.use(safeHeaders)
  app.use(express.static(ASSETS, { index: false }))
  app.use('/beacon', createBeaconRoute(shop, intake))

  app.get('/', (req, res) => {
    res.send(renderList(recordings.newestFirst(), shop.under(req.headers.host)))
  })
  app.get('/news', news.handler)
  app.get('/recordings/:id', (req, res, next) => {
    const recording = recordings.find(Number(req.params.id))
    if (recording) res.send(renderDetail(recording, shop.under(req.headers.host)))
    else next()
  })
  app.get('/recordings/:id/replay/:view', createReplay(recordings))
  app.get('/recordings/:id/source', (req, res, next) => {
    const copy = recordings.find(Number(req.params.id))?.copy
    if (copy && isFetched(copy) && copy.status === 200)
      res.set('Content-Type', 'text/plain; charset=utf-8').send(copy.body)
    else next()
  })
  app.post('/recordings/:id/fetch-again', onlyFromHere(own), async (req, res, next) => {
    const recording = recordings.find(Number(req.params['id']))
    if (!recording) {
      next()
      return
    }
    const result = await crawler.fetchCopy(recording.beacon.token)
    recordings.noteRefetch(recording.id, Date.now(), result)
    res.redirect(303, `/recordings/${recording.id}#again`)
  })
  app.use((_req, res) => {
    res.status(404).type('text').send('There is no such recording; only the last ones are kept.\n')
  })
  app.use(failure)
  return {
    app,
    close() {
      news.close()
      crawler.close()
    },
  }
}

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const safeHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  })
  next()
}

/** Another site's form cannot make the crawler work: browsers name the origin of every POST. */
function onlyFromHere(own: Origins): RequestHandler {
  return (req, res, next) => {
    const { origin } = req.headers
    if (origin === undefined || own.all.has(origin)) next()
    else res.status(403).type('text').send('This form belongs to Replay desk.\n')
  }
}

const failure: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
  if (status >= 500) console.error(error)
  const text =
    status === 413
      ? 'This beacon is too long.'
      : status < 500
        ? 'Replay desk cannot read this.'
        : 'Replay desk has made a mistake; the terminal shows which.'
  res.status(status).type('text').send(`${text}\n`)
}
