// `POST /beacon`: the one address of Replay desk that other origins may use, and of those only the shop's.
import express, { Router, type RequestHandler } from 'express'
import type { Origins } from '../origins.js'
import { MAX_BEACON_BYTES, parseBeacon } from './beacon.js'
import type { Intake } from './intake.js'

/** A router for `/beacon`: 202 accepted, 400 not a beacon, 403 foreign origin, 413 too long, 415 not JSON, 503 busy. */
export function createBeaconRoute(shop: Origins, intake: Intake): Router {
  const router = Router()
  router.use(onlyFromShop(shop))
  router.options('/', (_req, res) => {
    res.set({ 'Access-Control-Allow-Methods': 'POST', 'Access-Control-Allow-Headers': 'Content-Type' })
    res.set('Access-Control-Max-Age', '600').sendStatus(204)
  })
  router.post('/', requireJson, express.json({ limit: MAX_BEACON_BYTES }), (req, res) => {
    const beacon = parseBeacon(req.body, shop)
    if (typeof beacon === 'string') {
      res.status(400).type('text').send(`${beacon}\n`)
      return
    }
    if (!intake.accept(beacon)) {
      res.status(503).set('Retry-After', '1').type('text').send('Too many pages are being fetched at this moment.\n')
      return
    }
    res.status(202).end()
  })
  return router
}

/** A browser always names the origin of such a request; whoever names none is no page of the shop. */
function onlyFromShop(shop: Origins): RequestHandler {
  return (req, res, next) => {
    const { origin } = req.headers
    res.vary('Origin')
    if (origin === undefined || !shop.all.has(origin)) {
      res.status(403).type('text').send('Replay desk takes beacons from pages of the shop only.\n')
      return
    }
    res.set('Access-Control-Allow-Origin', origin)
    next()
  }
}

const requireJson: RequestHandler = (req, res, next) => {
  if (req.is('application/json')) next()
  else res.status(415).type('text').send('A beacon is application/json.\n')
}
